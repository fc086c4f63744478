"""An answer in words: what people read first, the same on every face."""

from collections.abc import Sequence

from backchannel.core.assess.independence import Independence, Range
from backchannel.core.assess.parties import Party
from backchannel.core.assess.voices import Voice

_NAMES = 3


def summary(found: Independence) -> str:
    """The answer in one sentence: reports, collectors, organisations, who denies."""
    said = [
        counted((len(found.reports),) * 2, "report"),
        counted(found.collectors.span, "collector"),
        counted(found.organisations, "affirming organisation"),
        counted(found.origins, "independent origin"),
    ]
    denied = f"denied by {names(found.denied_by)}" if found.denied_by else "nobody who would know denies"
    return f"{', '.join(said)}; {denied}"


def counted(span: Range, noun: str) -> str:
    """A range with its noun: "1 report", "3 to 4 collectors"."""
    low, high = span
    number = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    return f"{number} {noun}" if (low, high) == (1, 1) else f"{number} {noun}s"


def names(parties: Sequence[Party]) -> str:
    """The names of some parties, the first few."""
    listed = [party.name for party in parties]
    more = len(listed) - _NAMES
    return ", ".join(listed[:_NAMES]) + (f" and {more} more" if more > 0 else "")


def nearest(party: Party, most: int) -> list[Voice]:
    """The voices by which a party takes its part, those that say most first, one a report."""
    best: dict[str, Voice] = {}
    ordered = sorted(party.voices, key=lambda voice: (not voice.attitude.takes_part, -voice.near))
    for voice in ordered:
        if voice.attitude.takes_part == ordered[0].attitude.takes_part and _same_part(voice, ordered[0]):
            best.setdefault(voice.report, voice)
    return list(best.values())[:most]


def _same_part(one: Voice, other: Voice) -> bool:
    return one.attitude.affirming == other.attitude.affirming
