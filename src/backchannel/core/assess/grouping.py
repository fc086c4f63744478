"""Which voices of several reports are of one party: the same person, the same body.

Names are compared in pairs only where they begin alike, and bodies where they share a word, so that time grows with
the voices and not with the square of their number; of very many that begin alike only equal ones are joined.
"""

from collections import defaultdict
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from backchannel.core.assess.bodies import Body
from backchannel.core.assess.profiles import Sort
from backchannel.core.assess.speaker_words import BODIES, FIELDS
from backchannel.core.assess.voices import Voice

MOST_ALIKE: Final = 60
"""Names that are compared in pairs."""

_ALIKE: Final = 0.75


def grouped(voices: Sequence[Voice], called: Sequence[str]) -> list[list[Voice]]:
    """The voices of each party, in their order. `called` has the name of an unnamed speaker where it is known."""
    groups = _Union(len(voices))
    names = [
        known or (voice.speaker.name if voice.speaker.sort is Sort.PERSON else "")
        for voice, known in zip(voices, called, strict=True)
    ]
    _join_persons(groups, names)
    _join_surnames(groups, voices, names)
    _join_bodies(groups, voices)
    found: dict[int, list[Voice]] = defaultdict(list)
    for number, voice in enumerate(voices):
        found[groups.root(number)].append(voice)
    return list(found.values())


def same_person(one: str, other: str) -> bool:
    """Whether two names may be one person. A last name alone is that of anybody who bears it."""
    first, second = one.casefold().split(), other.casefold().split()
    if not first or not second:
        return False
    if len(first) == 1 or len(second) == 1:
        return _last(first) == _last(second)
    if _last(first) == _last(second):
        return first[0] == second[0] or SequenceMatcher(None, first[0], second[0]).ratio() >= _ALIKE
    return (
        _last(first)[:1] == _last(second)[:1]
        and SequenceMatcher(None, first[0], second[0]).ratio() >= _ALIKE
        and SequenceMatcher(None, one.casefold(), other.casefold()).ratio() >= _ALIKE
    )


def same_body(one: Body, other: Body, close: bool) -> bool:
    """Whether two names mean one body. Within one report (`close`) "the ministry" may be the one that was named."""
    if not one.may_be(other) or not one.words or not other.words:
        return False
    smaller = min(one.words, other.words, key=len)
    if one.words == other.words:
        vague = smaller <= BODIES | {"government"}
        return not vague or bool(one.countries & other.countries) or close
    return close or not smaller <= BODIES | FIELDS | {"government"}


class _Union:
    """Numbers in groups that grow together."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def root(self, number: int) -> int:
        """The number that stands for a group."""
        while self._parent[number] != number:
            self._parent[number] = self._parent[self._parent[number]]
            number = self._parent[number]
        return number

    def join(self, one: int, other: int) -> None:
        """Make two groups one."""
        first, second = sorted((self.root(one), self.root(other)))
        self._parent[second] = first


def _last(words: Sequence[str]) -> str:
    return words[-1].removeprefix("al-").removeprefix("el-")


def _join_persons(groups: _Union, names: Sequence[str]) -> None:
    """Join equal names, and those that are spelled alike."""
    first: dict[str, int] = {}
    for number, name in enumerate(names):
        if name:
            groups.join(first.setdefault(name.casefold(), number), number)
    blocks: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in first:
        words = name.split()
        if len(words) > 1:
            blocks[words[0][:1], _last(words)[:1]].append(name)
    for block in blocks.values():
        for at, one in enumerate(block if len(block) <= MOST_ALIKE else ()):
            for other in block[at + 1 :]:
                if same_person(one, other):
                    groups.join(first[one], first[other])


def _join_surnames(groups: _Union, voices: Sequence[Voice], names: Sequence[str]) -> None:
    """A last name alone, also one that was taken for a body, is the one person that bears it; of two it is nobody."""
    bearers: dict[str, set[int]] = defaultdict(set)
    for number, name in enumerate(names):
        words = name.casefold().split()
        if len(words) > 1:
            bearers[_last(words)].add(groups.root(number))
    for number, voice in enumerate(voices):
        words = (names[number] or (voice.speaker.name if voice.speaker.sort is Sort.BODY else "")).casefold().split()
        known = {groups.root(one) for one in bearers.get(_last(words), ())} if len(words) == 1 else set()
        if len(known) == 1:
            groups.join(known.pop(), number)


def _join_bodies(groups: _Union, voices: Sequence[Voice]) -> None:
    """Join those who speak for one body."""
    known: dict[tuple[frozenset[str], frozenset[str], str], int] = {}
    listed: list[tuple[Body, str, int]] = []
    for number, voice in enumerate(voices):
        for body in voice.speaker.bodies:
            key = (body.words, body.countries, voice.report)
            if key not in known:
                known[key] = number
                listed.append((body, voice.report, number))
            groups.join(known[key], number)
    by_word: dict[str, list[int]] = defaultdict(list)
    for at, (body, report, number) in enumerate(listed):
        compared = {other for word in body.words for other in by_word[word][-MOST_ALIKE:]}
        for other in compared:
            theirs, where, holder = listed[other]
            if groups.root(number) != groups.root(holder) and same_body(body, theirs, report == where):
                groups.join(holder, number)
        for word in body.words:
            by_word[word].append(at)
