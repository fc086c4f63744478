"""Claims that could be asked about: what most reports say in similar words. The question decides, not these."""

from collections.abc import Sequence

import msgspec

from backchannel.core.assess.press import Span
from backchannel.core.assess.relevance import stems
from backchannel.core.assess.voices import Told

_SHORTEST, _LONGEST = 5, 30
_SHARED = 0.4
_TAKEN = 400
"""Sentences that are compared: the first of each report, in turn."""


class Suggestion(msgspec.Struct, frozen=True):
    """A sentence that reports share in other words."""

    text: str
    reports: tuple[str, ...]


def suggestions(reports: Sequence[Told], most: int = 5) -> tuple[Suggestion, ...]:
    """What could be asked: sentences by how many reports say something like them, none twice."""
    listed = _sentences(reports)
    words = [frozenset(stems(text)) for _, _, text in listed]
    alike = [
        {
            other
            for other in range(len(listed))
            if len(words[one] & words[other]) >= _SHARED * max(1, min(len(words[one]), len(words[other])))
            and len(words[one] & words[other]) > 2
        }
        for one in range(len(listed))
    ]
    made: list[Suggestion] = []
    used: set[int] = set()
    order = sorted(range(len(listed)), key=lambda n: (-len({listed[o][0] for o in alike[n]}), listed[n][1].begin))
    for one in order:
        named = tuple(dict.fromkeys(listed[other][0] for other in sorted(alike[one])))
        if one in used or len(named) < 2 or not _SHORTEST <= len(words[one]) <= _LONGEST:
            continue
        made.append(Suggestion(listed[one][2], named))
        used |= alike[one]
        if len(made) == most:
            break
    return tuple(made)


def _sentences(reports: Sequence[Told]) -> list[tuple[str, Span, str]]:
    each = max(1, _TAKEN // max(1, len(reports)))
    return [
        (report.name, sentence.span, sentence.span.of(report.text))
        for report in reports
        for sentence in report.sentences[:each]
    ]
