"""One statement in several wordings: the same speaker, nearly the same words.

Translators and editors reword what was said once: three wordings of one sentence are one statement.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from backchannel.core.assess.grouping import MOST_ALIKE, same_person
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
        for speaker, voices in _by_speaker(party):
            found += _grouped(speaker, voices[:_COMPARED], contents, ranker)
    return tuple(sorted(found, key=lambda one: (-len(one.reports), -len(one.voices))))


def _by_speaker(party: Party) -> Iterator[tuple[str, list[Voice]]]:
    """The voices of each person of a party; of very many persons only those of equal name are one."""
    named: dict[str, list[Voice]] = defaultdict(list)
    for voice in party.voices:
        if voice.speaker.sort is Sort.PERSON:
            named[voice.speaker.name].append(voice)
    many = len(party.speakers) > MOST_ALIKE
    for speaker in party.speakers:
        alike = [speaker] if many else [name for name in named if same_person(name, speaker)]
        yield speaker, [voice for name in alike for voice in named.get(name, ())]


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
