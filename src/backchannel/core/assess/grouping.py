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
    _join_persons(groups, voices, names)
    _join_short(groups, voices, names)
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
        return last_of(first) == last_of(second)
    if last_of(first) == last_of(second):
        if is_initial(first[0]) or is_initial(second[0]):
            return first[0][0] == second[0][0]
        return first[0] == second[0] or SequenceMatcher(None, first[0], second[0]).ratio() >= _ALIKE
    return (
        last_of(first)[:1] == last_of(second)[:1]
        and SequenceMatcher(None, first[0], second[0]).ratio() >= _ALIKE
        and SequenceMatcher(None, one.casefold(), other.casefold()).ratio() >= _ALIKE
    )


def is_initial(word: str) -> bool:
    """Whether the first word of a name is only its letter: "A. Ito"."""
    return len(word.rstrip(".")) == 1


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


def last_of(words: Sequence[str]) -> str:
    """The last name of a person, by the words of a name in lower case."""
    return words[-1].removeprefix("al-").removeprefix("el-")


def _join_persons(groups: _Union, voices: Sequence[Voice], names: Sequence[str]) -> None:
    """Join equal names, and those that are spelled alike unless they are of different countries."""
    first: dict[str, int] = {}
    countries: dict[str, frozenset[str]] = defaultdict(frozenset)
    for number, name in enumerate(names):
        if name:
            groups.join(first.setdefault(name.casefold(), number), number)
            countries[name.casefold()] |= voices[number].speaker.countries
    blocks: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in first:
        words = name.split()
        if len(words) > 1 and not is_initial(words[0]):
            blocks[words[0][:1], last_of(words)[:1]].append(name)
    for block in blocks.values():
        for at, one in enumerate(block if len(block) <= MOST_ALIKE else ()):
            for other in block[at + 1 :]:
                if same_person(one, other) and not _elsewhere(countries[one], countries[other]):
                    groups.join(first[one], first[other])


def _elsewhere(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two are of different countries."""
    return bool(one and other and not one & other)


def _join_short(groups: _Union, voices: Sequence[Voice], names: Sequence[str]) -> None:
    """A last name alone or with an initial, also one that was taken for a body, is the one person of a country that
    does not contradict who bears it; of two it is nobody."""
    bearers: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(names):
        words = name.casefold().split()
        if len(words) > 1 and not is_initial(words[0]):
            bearers[last_of(words)].append(number)
    for number, voice in enumerate(voices):
        called = names[number] or (voice.speaker.name if voice.speaker.sort is Sort.BODY else "")
        words = called.casefold().split()
        if not words or (len(words) > 1 and not is_initial(words[0])):
            continue
        letter = words[0][0] if len(words) > 1 else ""
        known = {
            groups.root(one)
            for one in bearers.get(last_of(words), ())
            if names[one].casefold().startswith(letter)
            and not _elsewhere(voice.speaker.countries, voices[one].speaker.countries)
        }
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
