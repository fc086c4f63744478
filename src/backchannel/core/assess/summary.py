"""An answer in short: what people read first, and by which sentences, the same on every face."""

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
    return f"{between(span)} {noun}" if span == (1, 1) else f"{between(span)} {noun}s"


def between(span: Range) -> str:
    """A range: "1", "3 to 4"."""
    low, high = span
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def names(parties: Sequence[Party], most: int = _NAMES) -> str:
    """The names of some parties, the first few."""
    more = len(parties) - most
    return ", ".join(party.name for party in parties[:most]) + (f" and {more} more" if more > 0 else "")


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
