"""What an outlet, a post or a paper passes on: who is heard within its statement, with it as the collector."""

from bisect import bisect_right
from collections.abc import Iterator

from backchannel.core.assess.asserting import undone
from backchannel.core.assess.attitudes import Places
from backchannel.core.assess.profiles import Profile, Sort
from backchannel.core.assess.statements import Statement
from backchannel.core.assess.statements_stance import Stance
from backchannel.core.assess.statements_words import Manner, lexicon
from backchannel.core.assess.voices import Told

HANDS_ON = frozenset((Sort.OUTLET, Sort.NOBODY))
"""Who hands on what others say, and says nothing of its own."""
_RUMOUR = lexicon("gossip rumor rumour user")


class Outer:
    """The statements of a report by where their contents are, so that those around a place are found at once."""

    def __init__(self, report: Told) -> None:
        self._report = report
        listed = sorted(
            (content.begin, content.end, number)
            for number, one in enumerate(report.statements)
            for content in one.contents
        )
        self._begins = [begin for begin, _, _ in listed]
        self._listed = listed
        self._reach: list[int] = []
        for _, end, _ in listed:
            self._reach.append(max(end, self._reach[-1] if self._reach else 0))

    def around(self, number: int) -> Iterator[int]:
        """The statements in whose contents another one stands, the innermost first."""
        inner = self._report.statements[number].span
        at = bisect_right(self._begins, inner.begin) - 1
        while at >= 0 and self._reach[at] >= inner.end:
            _, end, other = self._listed[at]
            if end >= inner.end and self._report.statements[other].span != inner:
                yield other
            at -= 1


def through(report: Told, number: int, place: Places, outer: Outer) -> str:
    """The outlet whose statement a nested one stands in, with nobody else between."""
    around = dict.fromkeys(outer.around(number))
    pairs = [(report.statements[at], report.speakers[at]) for at in around]
    if not all(profile is not None and _hands_on(place, one, profile) for one, profile in pairs):
        return ""
    nearest = min(pairs, key=lambda pair: pair[0].span.end - pair[0].span.begin, default=(None, None))[1]
    return nearest.name if nearest is not None else ""


def _hands_on(place: Places, one: Statement, profile: Profile) -> bool:
    """Whether a statement passes on, as its own report, what somebody says."""
    if profile.sort not in HANDS_ON or profile.words & _RUMOUR or one.manner not in {Manner.SAYS, Manner.SHOWS}:
        return False
    cue = place.tree(one.span.begin if one.cue is None else one.cue.begin)
    return one.stance not in {Stance.DENIES, Stance.DECLINES} and not undone(cue, one)
