"""Training a tagger on a corpus, and measuring it on documents that it was not trained on.

The documents are dealt into two halves by the hash of their names. A tagger is trained on each half and measured on
the other, beside the rules alone; the one that is kept is then trained on all.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from backchannel.core.assess.attribution import Attribution, Tagger
from backchannel.core.assess.exact_spans import Exact, as_tokens, exact
from backchannel.core.assess.parsed import Sentence
from backchannel.core.assess.statements_rules import attributions
from backchannel.core.assess.tagger_features import VERSION
from backchannel.core.assess.tagger_labels import LABELS, ROLES, spans_of_attributions
from backchannel.core.text import printable
from backchannel.errors import BadArgument, UnusablePath
from backchannel.formats.attribution_corpus import Document, documents, half_of
from backchannel.formats.language import parse
from backchannel.formats.tagger import TrainedTagger
from backchannel.formats.tagger_file import About, File, HeldOut
from backchannel.formats.tagger_training import Example, examples, require, trained, written

LONGEST_LICENCE = 2_000
"""Characters of what is said of a corpus's licence."""


class Reading(msgspec.Struct, frozen=True):
    """A document with what the language model and the rules make of it."""

    document: Document
    sentences: tuple[Sentence, ...]
    ruled: tuple[Attribution, ...]
    examples: list[Example]

    @property
    def words(self) -> int:
        """How many there are."""
        return sum(len(sentence.words) for sentence in self.sentences)


def train(
    files: Sequence[Path], output: Path, licence: str, *, tell: Callable[[str], None] = lambda _doing: None
) -> About:
    """Train a tagger on the files of a corpus and write it. `tell` is told what is being done.

    Raises:
        BadArgument: no licence, one that is too long, or a corpus without a known attribution.
        UnreadableFile: a file of the corpus is none.
        UnusablePath: there is no folder to write the tagger in.
        MissingExtra, DamagedExtra: what is needed for it is not installed, or cannot be loaded.
    """
    if not licence.strip() or len(licence) > LONGEST_LICENCE:
        raise BadArgument(f"the licence of the corpus is 1 to {LONGEST_LICENCE:,} characters")
    if output.is_dir() or not output.parent.is_dir():
        raise UnusablePath(f"{printable(str(output), 300)}: no file can be written there")
    require()
    known = [document for path in files for document in documents(path)]
    if not any(spans for document in known for spans in document.gold.values()):
        raise BadArgument("no word of the corpus is labelled: there is nothing to learn")
    tell(f"reading {len(known)} documents with the language model …")
    readings = [reading(document) for document in known]
    about = About(
        features=VERSION,
        labels=LABELS,
        corpus=tuple(File(printable(path.name, 200), _sha256(path)) for path in files),
        licence=printable(licence, LONGEST_LICENCE),
        documents=len(readings),
        words=sum(one.words for one in readings),
    )
    about = msgspec.structs.replace(about, held_out=_held_out(readings, about, tell))
    tell("training on all documents …")
    output.write_bytes(train_on(readings, about))
    return about


def reading(document: Document) -> Reading:
    """What the language model and the rules make of a document."""
    sentences = parse(document.text, document.sentences).sentences
    ruled = attributions(document.text, sentences, document.quotations, document.paragraphs)
    return Reading(document, sentences, ruled, examples(document, sentences, ruled))


def train_on(readings: Iterable[Reading], about: About) -> bytes:
    """The file of a tagger that was trained on these documents."""
    return written(trained(example for one in readings for example in one.examples), about)


def score(document: Document, found: Iterable[Attribution]) -> dict[str, Exact]:
    """What was found in a document, nested attributions left out, against what is known of it; by role."""
    spans = spans_of_attributions(found)
    tokens = document.tokens
    return {role: exact(as_tokens(tokens, document.gold[role]), as_tokens(tokens, spans[role])) for role in ROLES}


def _held_out(readings: Sequence[Reading], about: About, tell: Callable[[str], None]) -> HeldOut | None:
    """What is right on each half by the tagger of the other; None where all documents fell into one half."""
    halves = {half: [one for one in readings if half_of(one.document) == half] for half in ("even", "odd")}
    if not all(halves.values()):
        return None
    by_rules = by_tagger = dict.fromkeys(ROLES, Exact())
    for half, other in (("even", "odd"), ("odd", "even")):
        tell(f"training on one half of the documents, measuring on the other ({half}) …")
        tagger: Tagger = TrainedTagger(train_on(halves[half], about))
        for one in halves[other]:
            document = one.document
            found = tagger(document.text, one.sentences, document.quotations, document.paragraphs)
            by_rules = _sum(by_rules, score(document, one.ruled))
            by_tagger = _sum(by_tagger, score(document, found))
    return HeldOut(
        {role: one.f1 for role, one in by_rules.items()}, {role: one.f1 for role, one in by_tagger.items()}
    )


def _sum(one: dict[str, Exact], other: dict[str, Exact]) -> dict[str, Exact]:
    return {role: one[role] + other[role] for role in ROLES}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
