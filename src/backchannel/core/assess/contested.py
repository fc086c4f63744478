"""What reports say of a party against each other: no single one of them decides.

Rules.
1. What somebody is called in one report, an expert or one who once held an office, does not silence them where as
   many reports say otherwise; it makes them doubtful.
2. Who affirms in one report and denies in another is heard in both: the denial stands, and the affirmation is
   doubtful.
3. Two bodies that only one report makes one, by giving somebody to both, may be two.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from backchannel.core.assess.bodies import Body
from backchannel.core.assess.grouping import grouped, same_body
from backchannel.core.assess.profiles import Profile
from backchannel.core.assess.speaker_words import STATE
from backchannel.core.assess.voices import Attitude, Voice

_TRIED: Final = 40
"""Reports that are left out in turn, of the reports of one party."""
_HEARD: Final = 400
"""Voices of a party up to which reports are left out in turn."""


def silenced(voices: Sequence[Voice], is_expert: Callable[[Profile], bool]) -> tuple[bool, bool]:
    """Whether a party that some voices make an expert is one, and whether reports contradict each other on it."""
    bodies = [body for voice in voices if is_expert(voice.speaker) for body in voice.speaker.bodies]
    calling: set[str] = set()
    otherwise: set[str] = set()
    for voice in voices:
        profile = voice.speaker
        if is_expert(profile):
            calling.add(voice.report)
        elif profile.words & STATE or any(
            not any(same_body(body, other, close=False) for other in bodies) for body in profile.bodies
        ):
            otherwise.add(voice.report)
    otherwise -= calling
    contested = bool(otherwise) and len(otherwise) <= len(calling)
    return not otherwise or len(calling) > len(otherwise), contested


def turns(voices: Sequence[Voice]) -> tuple[bool, bool]:
    """Whether the voices of a party affirm in some report, and whether they deny in some: in each report what is
    nearest to the claim counts."""
    yes: dict[str, float] = {}
    no: dict[str, float] = {}
    firm = False
    for voice in voices:
        if voice.attitude.affirming:
            yes[voice.report] = max(yes.get(voice.report, 0.0), voice.near)
        elif voice.attitude is Attitude.DENIES:
            no[voice.report] = max(no.get(voice.report, 0.0), voice.near)
    affirms = any(near > no.get(report, -1.0) for report, near in yes.items())
    firm = any(
        voice.attitude is Attitude.DENIES
        and (voice.likely or voice.outright)
        and no[voice.report] >= yes.get(voice.report, -1.0)
        for voice in voices
    )
    return affirms, firm


def at_most(voices: Sequence[Voice], leads: Mapping[tuple[str, int], str]) -> int:
    """How many bodies a party may be, if one of its reports is wrong on who belongs to whom."""
    reports = list(dict.fromkeys(voice.report for voice in voices))
    if not 3 <= len(reports) <= _TRIED or len(voices) > _HEARD:
        return 1
    return max(_bodies([voice for voice in voices if voice.report != report], leads) for report in reports)


def _bodies(voices: Sequence[Voice], leads: Mapping[tuple[str, int], str]) -> int:
    """Groups that some voices fall into, each of which has a body of its own."""
    called = [leads.get((voice.report, voice.statement), "") for voice in voices]
    found = [[body for voice in group for body in voice.speaker.bodies] for group in grouped(voices, called)]
    known: list[Body] = []
    count = 0
    for bodies in found:
        if bodies and not any(_may_be(body, other) for body in bodies for other in known):
            count += 1
            known += bodies
    return max(1, count)


def _may_be(one: Body, other: Body) -> bool:
    """Whether two bodies may be one, or organs of one state."""
    return one.may_be(other) or bool(one.countries & other.countries)
