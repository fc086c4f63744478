"""The Admiralty grade of an answer: the letter from the node's own record of the sources, the digit from the table.

Rules. The sources are those who affirm; where the node has no record of any of them, the newsrooms that heard it.
Of several with a record the least reliable counts: a good messenger makes no good source. Nor does a bad messenger
carry a good one: where every report that hears those who affirm is of an outlet on record as worse, the best of
these outlets counts. Without a record the letter is F. The letter never enters the digit. An analyst may set
another grade, and has to say why; what was proposed stays beside it.
"""

from collections.abc import Mapping, Sequence

import msgspec

from backchannel.core.assess.assessment import Answer, Heard
from backchannel.core.grading import RELIABILITY, UNJUDGED, Grade

NO_RECORD = UNJUDGED.reliability


class Letter(msgspec.Struct, frozen=True):
    """What the node has on record of a source: a key of `RELIABILITY`, and why."""

    source: str
    letter: str
    because: str = ""


class Grading(msgspec.Struct, frozen=True):
    """A grade with its reasons, and what would change it. `proposed` is what the rules say, `because` why the analyst
    set another one."""

    grade: Grade
    proposed: Grade
    reasons: tuple[str, ...]
    changes: tuple[str, ...]
    because: str = ""


def sources_of(answer: Answer) -> tuple[tuple[str, ...], ...]:
    """The names to look up, the better kind of source first: who affirms, then who heard it."""
    found = answer.independence
    affirming = [name for party in found.affirming for name in (party.name, *party.speakers)]
    return tuple(dict.fromkeys(affirming)), found.collectors.sure


def carriers_of(answer: Answer, heard: Heard) -> tuple[str, ...]:
    """The outlets of the reports that hear who affirms; an empty name where nobody knows whose report it is."""
    reports = {name for party in answer.independence.affirming for name in party.reports}
    rooms = {report.name: report.read.newsroom.outlet for report in heard.reports if report.name in reports}
    return tuple(dict.fromkeys("" if room is None else room.name for room in rooms.values()))


def graded(
    answer: Answer,
    letters: Mapping[str, Letter],
    override: Grade | None = None,
    because: str = "",
    carriers: Sequence[str] = (),
) -> Grading:
    """The grade of an answer. `letters` has what is on record, by the names of `sources_of` and of `carriers_of`."""
    letter, reason = _letter(sources_of(answer), letters, carriers)
    proposed = Grade(letter, answer.credibility.digit)
    changes = (*answer.credibility.changes, "letter: `backchannel source grade NAME LETTER` for a source you know")
    reasons = (f"{letter}: {reason}", *(f"{proposed.credibility}: {said}" for said in answer.credibility.reasons))
    return Grading(override or proposed, proposed, reasons, changes, because if override is not None else "")


def _letter(
    kinds: Sequence[Sequence[str]], letters: Mapping[str, Letter], carriers: Sequence[str]
) -> tuple[str, str]:
    for names in kinds:
        known = [letters[name] for name in names if name in letters]
        if known:
            worst = max(known, key=lambda one: one.letter)
            carried = [letters[name] for name in carriers if name in letters]
            if carried and len(carried) == len(carriers):
                worst = max(worst, min(carried, key=lambda one: one.letter), key=lambda one: one.letter)
            why = f" ({worst.because})" if worst.because else ""
            return worst.letter, f"{worst.source} is on record as {RELIABILITY[worst.letter]}{why}"
    return NO_RECORD, "the node has no record of any of its sources"
