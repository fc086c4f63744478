"""Spans as one label a word, and back: what a trained tagger learns and answers.

Rules. A label says what a word is part of, and whether a span begins with it (`B-`) or goes on (`I-`); `O` is part
of nothing. A span never goes on with another role, and never over the end of what is labelled together, which is a
paragraph or a piece of one. Where two spans of the known attribution meet, the cue has the word, then the source.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence

from backchannel.core.assess.attribution import Attribution
from backchannel.core.assess.parsed import Word
from backchannel.core.assess.press import Span

ROLES = ("source", "cue", "content")
LABELS = ("O", *(f"{place}-{role}" for role in ROLES for place in "BI"))
"""By number: what stands in the columns of a tagger's scores."""

OUTSIDE = 0
_NEVER = float("-inf")
_LAST_WINS = ("content", "source", "cue")

Spans = Mapping[str, Sequence[Span]]
"""The spans of each role."""


def begin_of(role: str) -> int:
    """The label of the first word of a span; that of the others is the next number."""
    return LABELS.index(f"B-{role}")


def goes_on(label: int) -> bool:
    """Whether a label is that of a word that is not the first of its span."""
    return label > 0 and label % 2 == 0


def spans_of_attributions(found: Iterable[Attribution], *, nested: bool = False) -> Spans:
    """What is attributed, by role: that of the outer attributions, or of the nested ones."""
    chosen = [one for one in found if one.nested == nested]
    return {
        "source": [one.source for one in chosen if one.source is not None],
        "cue": [one.cue for one in chosen if one.cue is not None],
        "content": [content for one in chosen for content in one.contents],
    }


def words_within(words: Sequence[Word], span: Span) -> range:
    """The places of the words that a span meets; words are in order."""
    first = bisect_right(words, span.begin, key=lambda word: word.span.end)
    return range(first, bisect_left(words, span.end, lo=first, key=lambda word: word.span.begin))


def labels_of(words: Sequence[Word], spans: Spans) -> list[int]:
    """The label of each word."""
    labels = [OUTSIDE] * len(words)
    for role in _LAST_WINS:
        begin = begin_of(role)
        for span in sorted(spans[role]):
            for place, at in enumerate(words_within(words, span)):
                labels[at] = begin if place == 0 else begin + 1
    return labels


def spans_of(words: Sequence[Word], labels: Sequence[int]) -> dict[str, list[Span]]:
    """The spans that labels stand for. One that goes on from nothing begins there."""
    spans: dict[str, list[Span]] = {role: [] for role in ROLES}
    role, first = "", 0
    for at, label in enumerate([*labels, OUTSIDE]):
        if role and not (goes_on(label) and LABELS[label][2:] == role):
            spans[role].append(Span(words[first].span.begin, words[at - 1].span.end))
            role = ""
        if label != OUTSIDE and not role:
            role, first = LABELS[label][2:], at
    return spans


def best(scores: Sequence[Sequence[float]], transitions: Sequence[Sequence[float]]) -> list[int]:
    """The row of labels with the highest sum of scores and transitions (Viterbi 1967), among those that make spans.

    `scores` has a row for each word, `transitions` a row for each label before; both a column for each label.
    """
    if not scores:
        return []
    allowed = [
        [weight if _follows(before, after) else _NEVER for before, weight in enumerate(column)]
        for after, column in enumerate(zip(*transitions, strict=True))
    ]
    reached = [_NEVER if goes_on(label) else score for label, score in enumerate(scores[0])]
    steps: list[list[int]] = []
    for row in scores[1:]:
        came, sums = [], []
        for label, score in enumerate(row):
            ways = [have + weight for have, weight in zip(reached, allowed[label], strict=True)]
            high = max(ways)
            came.append(ways.index(high))
            sums.append(high + score)
        steps.append(came)
        reached = sums
    labels = [reached.index(max(reached))]
    for came in reversed(steps):
        labels.append(came[labels[-1]])
    return labels[::-1]


def _follows(before: int, after: int) -> bool:
    return not goes_on(after) or before in {after - 1, after}
