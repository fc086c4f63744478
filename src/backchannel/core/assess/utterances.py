"""One statement in several wordings: the same speaker, nearly the same words.

Translators and editors reword what was said once: three wordings of one sentence are one statement.
"""

from collections.abc import Mapping, Sequence

import msgspec

from backchannel.core.assess.grouping import same_person
from backchannel.core.assess.parties import Party
from backchannel.core.assess.profiles import Sort
from backchannel.core.assess.relevance import Ranker
from backchannel.core.assess.voices import Voice

_COMPARED = 60
"""Voices of one party that are compared with each other."""


class Utterance(msgspec.Struct, frozen=True):
    """What one speaker said once, and every voice that words it."""

    speaker: str
    voices: tuple[Voice, ...]

    @property
    def reports(self) -> tuple[str, ...]:
        """The reports that have it."""
        return tuple(dict.fromkeys(voice.report for voice in self.voices))


def utterances(
    joined: Sequence[Party], contents: Mapping[tuple[str, int], str], ranker: Ranker
) -> tuple[Utterance, ...]:
    """What was said more than once in other words, of named persons, the most repeated first."""
    found: list[Utterance] = []
    for party in joined:
        for speaker in party.speakers:
            voices = [
                voice
                for voice in party.voices
                if voice.speaker.sort is Sort.PERSON and same_person(voice.speaker.name, speaker)
            ][:_COMPARED]
            found += _grouped(speaker, voices, contents, ranker)
    return tuple(sorted(found, key=lambda one: (-len(one.reports), -len(one.voices))))


def _grouped(
    speaker: str, voices: Sequence[Voice], contents: Mapping[tuple[str, int], str], ranker: Ranker
) -> list[Utterance]:
    left = list(voices)
    made: list[Utterance] = []
    while len(left) > 1:
        first, others = left[0], left[1:]
        texts = [contents[voice.report, voice.statement] for voice in others]
        near = ranker(contents[first.report, first.statement], texts)
        same = [voice for voice, value in zip(others, near, strict=True) if value >= ranker.same]
        if len({voice.report for voice in (first, *same)}) > 1:
            made.append(Utterance(speaker, (first, *same)))
        left = [voice for voice in others if voice not in same]
    return made
