"""Who says what, against texts whose attribution is known: exact spans of source, cue and content, and how fast.

PolNeAR (news) is reported in two halves by the hash of the document's id. Errors were studied on `even` alone.
Texts of `odd` were read for the conventions of the corpus, and its scores were seen on the way, so it is no blind
test; but a fit to `even` would show as a gap.
RiQuA (novels, where most quotes are left to the reader) is for information. A span is
right only if its first and last token are. What is nested within a content is not asked for, as the corpora do not
mark it.
`source_right_percent`: of the statements that name a source and whose cue meets a gold cue, those whose source meets
a gold source. The corpora do not link a cue to its source, so a wrong one nearby can pass.
"""

import hashlib
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from backchannel.core.assess.press import Span
from backchannel.core.assess.statements import Statement, statements
from backchannel.formats.language import parse
from bench.attribution_text import ROLES, Document, documents
from bench.measure import DATA, NO_DATA, timed

FOLDER = DATA / "attribution"
AIMS = {"source": 60, "cue": 57, "content": 48}
_EXAMPLES = 5
_SHOWN = 160

Tokens = tuple[int, int]


@dataclass(slots=True)
class Score:
    """Spans that were right, too many, and missed, of one role; and examples of each kind of error."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall, in percent."""
        return round(200 * self.right / max(1, 2 * self.right + self.wrong + self.missed), 1)

    def shown(self) -> dict[str, object]:
        """As JSON."""
        found, known = self.right + self.wrong, self.right + self.missed
        return {
            "f1": self.f1,
            "precision": round(100 * self.right / max(1, found), 1),
            "recall": round(100 * self.right / max(1, known), 1),
            "errors": dict(self.kinds),
        }


def run() -> dict[str, object]:
    news, novels = FOLDER / "polnear-valid.txt", FOLDER / "riqua-valid.txt"
    if not news.exists():
        return NO_DATA
    _, load_seconds = timed(lambda: parse("It began.", [Span(0, 9)]))
    texts = documents(news)
    found, seconds = timed(lambda: [said(document) for document in texts])
    pairs = list(zip(texts, found, strict=True))
    scores = {half: measure(pair for pair in pairs if half_of(pair[0]) == half) for half in ("even", "odd")}
    return {
        "documents": len(texts),
        "load_processor_seconds": round(load_seconds, 2),
        "processor_seconds_per_document": round(seconds / len(texts), 3),
        "polnear": {half: {role: score.shown() for role, score in roles.items()} for half, roles in scores.items()},
        "source_right_percent": source_right(pairs),
        "aims_f1": AIMS,
        "riqua": _shown(novels),
        "examples_even": {role: score.examples for role, score in scores["even"].items()},
    }


def _shown(path: Path) -> dict[str, object]:
    texts = documents(path)
    return {role: score.shown() for role, score in measure((text, said(text)) for text in texts).items()}


def said(document: Document) -> tuple[Statement, ...]:
    """The statements of a document by the rules."""
    parsed = parse(document.text, document.sentences)
    return statements(document.text, parsed.sentences, document.quotations, document.paragraphs)


def half_of(document: Document) -> str:
    """`even` documents are those that rules may be tuned on."""
    return "odd" if hashlib.sha256(document.name.encode()).digest()[0] % 2 else "even"


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
            _compare(document, _tokens(document, document.gold[role]), _tokens(document, spans[role]), scores[role])
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


def _tokens(document: Document, spans: Iterable[Span]) -> set[Tokens]:
    """Spans as first token and the one after the last."""
    begins = [token.begin for token in document.tokens]
    ends = [token.end for token in document.tokens]
    return {(bisect_right(ends, span.begin), bisect_left(begins, span.end)) for span in spans}


def _compare(document: Document, gold: set[Tokens], found: set[Tokens], score: Score) -> None:
    score.right += len(gold & found)
    score.wrong += len(found - gold)
    score.missed += len(gold - found)
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
