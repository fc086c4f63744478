"""Who stands behind a claim: voices of several reports, joined where they are one speaker, one body, one side.

Rules.
1. Two names are one person if they end alike and nothing else in them differs, or are nearly the same throughout
   ("Ali al-Badri", "Ali al-Bredi"): names are spelled in many ways.
2. An unnamed speaker of the lead is a named one of the same report only with cause: one person, of the same kind ("a
   diplomat" and an envoy, never an analyst or a spokesman), whose words later are the nearest to those of the lead.
3. Whoever speaks for one body is one party with it; a person without a body is a party.
4. Parties that may be one voice are one side: organs of one state, members of a family. What two countries speak
   for is apart.
5. Experts judge what they did not take part in: they are heard, and are no origin.
6. What a speaker may have said of the claim does not count beside what the same one surely said of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher

import msgspec

from backchannel.core.assess.bodies import Body
from backchannel.core.assess.profiles import Profile, Sort
from backchannel.core.assess.relevance import stems
from backchannel.core.assess.speaker_words import BODIES, EXPERTS, FIELDS, KIN, SPOKESPEOPLE, STATE
from backchannel.core.assess.voices import Voice

_ALIKE = 0.75
_SAME_WORDS = 2


class Party(msgspec.Struct, frozen=True):
    """One that speaks for itself: a body with everybody who speaks for it, or a person.

    `named` is false for speakers whom no report names; `sure` says that at least one voice is surely on the claim;
    `side` is equal for parties that may be one voice.
    """

    name: str
    speakers: tuple[str, ...]
    voices: tuple[Voice, ...]
    side: str
    named: bool
    sure: bool
    expert: bool
    profile: Profile

    @property
    def reports(self) -> tuple[str, ...]:
        """The reports that hear it, in order."""
        return tuple(dict.fromkeys(voice.report for voice in self.voices))


class Joined(msgspec.Struct, frozen=True):
    """An unnamed speaker who is taken for a named one of the same report, and why."""

    report: str
    unnamed: str
    named: str
    voice: Voice
    cause: str


def joined_leads(voices: Sequence[Voice], contents: Mapping[tuple[str, int], str]) -> tuple[Joined, ...]:
    """Unnamed speakers who are named later in their report. `contents` has what each voice says."""
    found: list[Joined] = []
    for voice in voices:
        if not voice.leads or not voice.anonymous or voice.speaker.plural or voice.through or voice.own:
            continue
        words = {stem: word for word in contents[voice.report, voice.statement].split() for stem in stems(word)}
        said = set(words)
        later = [
            other
            for other in voices
            if other.report == voice.report
            and other.statement > voice.statement
            and other.speaker.sort is Sort.PERSON
            and _same_kind(voice.speaker, other.speaker)
            and len(said & set(stems(contents[other.report, other.statement]))) >= _SAME_WORDS
        ]
        nearest = _nearest(later, said, contents)
        if nearest is not None:
            named, shared = nearest
            shared = [words[stem].strip(".,;:!?“”\"'()") for stem in shared]
            cause = f"named later in the report, of the same kind, and nearest in words ({', '.join(shared)})"
            found.append(Joined(voice.report, voice.speaker.name, named.name, voice, cause))
    return tuple(found)


def _nearest(
    later: Sequence[Voice], said: set[str], contents: Mapping[tuple[str, int], str]
) -> tuple[Profile, list[str]] | None:
    """The one speaker whose words are nearest; nobody where two are as near."""
    shared: dict[str, set[str]] = defaultdict(set)
    profiles: dict[str, Profile] = {}
    for other in later:
        profiles.setdefault(other.speaker.key, other.speaker)
        shared[other.speaker.key] |= said & set(stems(contents[other.report, other.statement]))
    order = sorted(shared, key=lambda key: -len(shared[key]))
    if not order or (len(order) > 1 and len(shared[order[0]]) == len(shared[order[1]])):
        return None
    return profiles[order[0]], sorted(shared[order[0]])


def _same_kind(unnamed: Profile, named: Profile) -> bool:
    if _is_expert(unnamed):
        return _is_expert(named) or not named.bodies
    if _is_expert(named):
        return False
    if bool(unnamed.words & SPOKESPEOPLE) != bool(named.words & SPOKESPEOPLE):
        return False
    if unnamed.words & KIN or named.words & KIN:
        return bool(unnamed.words & named.words & KIN)
    if unnamed.countries and named.countries and not unnamed.countries & named.countries:
        return False
    return bool(unnamed.words & STATE) == bool(named.words & STATE)


def parties(voices: Sequence[Voice], contents: Mapping[tuple[str, int], str]) -> tuple[Party, ...]:
    """The parties that some voices belong to, those heard in the most reports first."""
    leads = {(one.report, one.voice.statement): one.named for one in joined_leads(voices, contents)}
    groups = _Groups()
    for voice in voices:
        groups.add(voice, leads.get((voice.report, voice.statement), ""))
    made = [party for members in groups.members() if (party := _party(members, leads)) is not None]
    return tuple(sorted(made, key=lambda party: (-len(party.reports), not party.named, party.name)))


def same_person(one: str, other: str) -> bool:
    """Whether two names may be one person."""
    first, second = one.casefold().split(), other.casefold().split()
    if not first or not second:
        return False
    if len(first) == 1 or len(second) == 1:
        return first[-1] == second[-1]
    if _last(first) == _last(second):
        return first[0] == second[0] or SequenceMatcher(None, first[0], second[0]).ratio() >= _ALIKE
    return (
        _last(first)[:1] == _last(second)[:1]
        and SequenceMatcher(None, first[0], second[0]).ratio() >= _ALIKE
        and SequenceMatcher(None, one.casefold(), other.casefold()).ratio() >= _ALIKE
    )


def _last(words: Sequence[str]) -> str:
    return words[-1].removeprefix("al-").removeprefix("el-")


class _Groups:
    """Voices in groups that grow together."""

    def __init__(self) -> None:
        self._voices: list[Voice] = []
        self._parent: list[int] = []
        self._names: list[str] = []

    def add(self, voice: Voice, called: str) -> None:
        """Put a voice to all that it is one party with. `called` is the name of an unnamed speaker, if known."""
        number = len(self._voices)
        self._voices.append(voice)
        self._parent.append(number)
        self._names.append(called or (voice.speaker.name if voice.speaker.sort is Sort.PERSON else ""))
        for other in range(number):
            if self._same(number, other):
                self._parent[self._root(other)] = self._root(number)

    def members(self) -> Iterable[list[Voice]]:
        """The groups, each in the order of its voices."""
        found: dict[int, list[Voice]] = defaultdict(list)
        for number, voice in enumerate(self._voices):
            found[self._root(number)].append(voice)
        return found.values()

    def _root(self, number: int) -> int:
        while self._parent[number] != number:
            number = self._parent[number]
        return number

    def _same(self, one: int, other: int) -> bool:
        first, second = self._voices[one], self._voices[other]
        if self._names[one] and self._names[other] and same_person(self._names[one], self._names[other]):
            return True
        if self._is_surname_of(one, other) or self._is_surname_of(other, one):
            return True
        close = first.report == second.report
        return any(
            same_body(mine, theirs, close) for mine in first.speaker.bodies for theirs in second.speaker.bodies
        )

    def _is_surname_of(self, one: int, other: int) -> bool:
        """Whether what looks like a body is the last name of somebody."""
        voice = self._voices[one]
        if voice.speaker.sort is not Sort.BODY or not self._names[other]:
            return False
        return same_person(voice.speaker.name, self._names[other])


def same_body(one: Body, other: Body, close: bool) -> bool:
    """Whether two names mean one body. Within one report (`close`) "the ministry" may be the one that was named."""
    if not one.may_be(other) or not one.words or not other.words:
        return False
    smaller = min(one.words, other.words, key=len)
    if one.words == other.words:
        vague = smaller <= BODIES | {"government"}
        return not vague or bool(one.countries & other.countries) or close
    return close or not smaller <= BODIES | FIELDS | {"government"}


def _party(members: Sequence[Voice], leads: Mapping[tuple[str, int], str]) -> Party | None:
    kept = _consistent(members)
    profiles = [voice.speaker for voice in kept]
    whole = profiles[0]
    for profile in profiles[1:]:
        whole = whole.with_(profile)
    persons = [profile.name for profile in profiles if profile.sort is Sort.PERSON]
    persons += [leads[at] for voice in kept if (at := (voice.report, voice.statement)) in leads]
    names = _distinct(persons)
    bodies = [body for profile in profiles for body in profile.bodies if body.words]
    named = bool(names) or any(profile.sort is Sort.BODY for profile in profiles)
    fullest = max((body.name for body in bodies), key=lambda name: (_times(name, bodies), len(name)), default="")
    speaker = names[0] if names else profiles[0].name
    return Party(
        name=fullest or speaker,
        speakers=tuple(names) or tuple(dict.fromkeys(profile.name for profile in profiles)),
        voices=tuple(kept),
        side=_side(whole, fullest or speaker),
        named=named,
        sure=any(voice.sure for voice in kept),
        expert=_is_expert(whole),
        profile=whole,
    )


def _is_expert(profile: Profile) -> bool:
    """Whether somebody judges what others do: an expert, a scholar, somebody who once held an office."""
    if profile.words & _ONCE and profile.words & STATE:
        return True
    scholarly = any(body.words & _SCHOLARLY for body in profile.bodies)
    return (bool(profile.words & EXPERTS) or scholarly) and not profile.words & STATE


_ONCE = frozenset(("former", "ex", "retired"))
_SCHOLARLY = frozenset(("studies", "university", "college"))


def _times(name: str, bodies: Sequence[Body]) -> int:
    return sum(body.name == name for body in bodies)


def _distinct(names: Sequence[str]) -> list[str]:
    """Names of different persons, each in its fullest form."""
    kept: list[str] = []
    for name in sorted(dict.fromkeys(names), key=lambda name: (-len(name.split()), names.index(name))):
        if not any(same_person(name, other) for other in kept):
            kept.append(name)
    return sorted(kept, key=lambda name: next(n for n, other in enumerate(names) if same_person(name, other)))


def _consistent(members: Sequence[Voice]) -> list[Voice]:
    """The voices without doubtful ones that contradict what the same party surely says."""
    sure = {voice.attitude.affirming for voice in members if voice.sure and voice.attitude.takes_part}
    if len(sure) != 1:
        return list(members)
    (affirming,) = sure
    return [
        voice
        for voice in members
        if voice.sure or not voice.attitude.takes_part or voice.attitude.affirming == affirming
    ]


def _side(profile: Profile, name: str) -> str:
    if profile.words & KIN or (not profile.bodies and not profile.words & STATE):
        return "persons who may belong together"
    if profile.words & STATE or any(body.words & STATE for body in profile.bodies):
        return "state of " + "/".join(sorted(profile.countries)) if profile.countries else "state"
    return name
