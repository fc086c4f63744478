"""Who says what, against texts whose attribution is known: exact spans of source, cue and content, and how fast.

PolNeAR (news) is reported in two halves by the hash of the document's id. Errors were studied on `even` alone.
Texts of `odd` were read for the conventions of the corpus, and its scores were seen on the way, so it is no blind
test; but a fit to `even` would show as a gap.
RiQuA (novels, where most quotes are left to the reader) is for information. A span is
right only if its first and last token are. What is nested within a content is not asked for, as the corpora do not
mark it.
`source_right_percent`: of the statements that name a source and whose cue meets a gold cue, those whose source meets
a gold source. The corpora do not link a cue to its source, so a wrong one nearby can pass.
`polnear_trained`: a tagger that was trained on the other half, on the half that is named.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from backchannel.core.assess.attribution import Tagger
from backchannel.core.assess.exact_spans import Exact, Tokens, as_tokens, exact
from backchannel.core.assess.press import Span
from backchannel.core.assess.statements import Statement, statements
from backchannel.core.assess.tagger_features import VERSION
from backchannel.core.assess.tagger_labels import LABELS, ROLES
from backchannel.formats.attribution_corpus import Document, documents, half_of
from backchannel.formats.language import parse
from backchannel.formats.tagger import TrainedTagger
from backchannel.formats.tagger_file import About
from backchannel.node.training import Reading, reading, train_on
from bench.measure import DATA, NO_DATA, timed

FOLDER = DATA / "attribution"
AIMS = {"source": 60, "cue": 57, "content": 48}
_EXAMPLES = 5
_SHOWN = 160

HALVES = ("even", "odd")
BARE = About(VERSION, LABELS)


@dataclass(slots=True)
class Score:
    """Spans that were right, too many, and missed, of one role; and examples of each kind of error."""

    exact: Exact = field(default_factory=Exact)
    kinds: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall, in percent."""
        return self.exact.f1

    def shown(self) -> dict[str, object]:
        """As JSON."""
        exact = self.exact
        return {"f1": exact.f1, "precision": exact.precision, "recall": exact.recall, "errors": dict(self.kinds)}


def run() -> dict[str, object]:
    news, novels = FOLDER / "polnear-valid.txt", FOLDER / "riqua-valid.txt"
    if not news.exists():
        return NO_DATA
    _, load_seconds = timed(lambda: parse("It began.", [Span(0, 9)]))
    texts = documents(news)
    found, seconds = timed(lambda: [said(document) for document in texts])
    pairs = list(zip(texts, found, strict=True))
    scores = {half: measure(pair for pair in pairs if half_of(pair[0]) == half) for half in HALVES}
    return {
        "documents": len(texts),
        "load_processor_seconds": round(load_seconds, 2),
        "processor_seconds_per_document": round(seconds / len(texts), 3),
        "polnear": {half: {role: score.shown() for role, score in roles.items()} for half, roles in scores.items()},
        "polnear_trained": trained_on_the_other_half(texts),
        "source_right_percent": source_right(pairs),
        "aims_f1": AIMS,
        "riqua": _shown(novels),
        "examples_even": {role: score.examples for role, score in scores["even"].items()},
    }


def trained_on_the_other_half(texts: Sequence[Document]) -> dict[str, object]:
    """A tagger that was trained on one half, measured on the other; and how long that takes."""
    readings = {half: [reading(one) for one in texts if half_of(one) == half] for half in HALVES}
    found: dict[str, object] = {}
    for half, other in (HALVES, HALVES[::-1]):
        model, training = timed(lambda half=half: train_on(readings[half], BARE))
        tagger = TrainedTagger(model)
        pairs, seconds = timed(lambda tagger=tagger, other=other: [tagged(one, tagger) for one in readings[other]])
        found[other] = {
            **{role: score.shown() for role, score in measure(pairs).items()},
            "source_right_percent": source_right(pairs),
            "training_processor_seconds": round(training, 1),
            "processor_seconds_per_parsed_document": round(seconds / len(pairs), 3),
        }
    return found


def tagged(one: Reading, tagger: Tagger) -> tuple[Document, tuple[Statement, ...]]:
    """A parsed document and its statements by a tagger."""
    document = one.document
    return document, statements(document.text, one.sentences, document.quotations, document.paragraphs, tagger)


def _shown(path: Path) -> dict[str, object]:
    texts = documents(path)
    return {role: score.shown() for role, score in measure((text, said(text)) for text in texts).items()}


def said(document: Document) -> tuple[Statement, ...]:
    """The statements of a document by the rules."""
    parsed = parse(document.text, document.sentences)
    return statements(document.text, parsed.sentences, document.quotations, document.paragraphs)


def measure(pairs: Iterable[tuple[Document, Sequence[Statement]]]) -> dict[str, Score]:
    """The score of each role over all these documents."""
    scores = {role: Score() for role in ROLES}
    for document, found in pairs:
        outer = [one for one in found if not one.nested]
        spans = {
            "source": [one.source for one in outer if one.source is not None],
            "cue": [one.cue for one in outer if one.cue is not None],
            "content": [content for one in outer for content in one.contents],
        }
        for role in ROLES:
            gold, got = (as_tokens(document.tokens, some) for some in (document.gold[role], spans[role]))
            _compare(document, gold, got, scores[role])
    return scores


def source_right(pairs: Sequence[tuple[Document, Sequence[Statement]]]) -> float:
    """Of statements with a source whose cue meets a gold one, the percentage whose source meets a gold source."""
    right = asked = 0
    for document, found in pairs:
        cues, sources = document.gold["cue"], document.gold["source"]
        for one in found:
            if one.nested or one.cue is None or one.source is None or not _meets(one.cue, cues):
                continue
            asked += 1
            right += _meets(one.source, sources)
    return round(100 * right / max(1, asked), 1)


def _meets(span: Span, ordered: Sequence[Span]) -> bool:
    at = bisect_right(ordered, span.end, key=lambda other: other.begin)
    return any(other.meets(span) for other in ordered[max(0, at - 2) : at])


def _compare(document: Document, gold: set[Tokens], found: set[Tokens], score: Score) -> None:
    score.exact += exact(gold, found)
    for span in sorted(found - gold):
        near = [other for other in gold if other[0] < span[1] and span[0] < other[1]]
        kind = _kind(span, near[0]) if near else "invented"
        _note(document, score, kind, span, near[0] if near else None)
    for span in sorted(gold - found):
        if not any(other[0] < span[1] and span[0] < other[1] for other in found):
            _note(document, score, "missed", span, None)


def _kind(span: Tokens, gold: Tokens) -> str:
    if span[0] == gold[0]:
        return "ends too late" if span[1] > gold[1] else "ends too early"
    if span[1] == gold[1]:
        return "begins too early" if span[0] < gold[0] else "begins too late"
    return "other ends"


def _note(document: Document, score: Score, kind: str, span: Tokens, gold: Tokens | None) -> None:
    score.kinds[kind] += 1
    examples = score.examples.setdefault(kind, [])
    if len(examples) < _EXAMPLES:
        examples.append(" | gold: ".join(_text(document, each) for each in (span, gold) if each is not None))


def _text(document: Document, span: Tokens) -> str:
    if span[0] >= span[1]:
        return ""
    return document.text[document.tokens[span[0]].begin : document.tokens[span[1] - 1].end][:_SHOWN]
