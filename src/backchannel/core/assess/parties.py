"""Who stands behind a claim: voices of several reports, joined where they are one speaker, one body, one side.

Rules.
1. Two names are one person if their last words are equal and their first ones are, or nearly, or if they are nearly
   the same throughout ("Ali al-Badri", "Ali al-Bredi"): names are spelled in many ways. A last name alone is whoever
   bears it.
2. An unnamed speaker of the lead is a named one of the same report only with cause: one person, of the same kind ("a
   diplomat" and an envoy, never an analyst or a spokesman) and of no other body, whose words later are the nearest to
   those of the lead.
3. Whoever speaks for one body is one party with it; a person without a body is a party.
4. Parties that may be one voice are one side: organs of one state, members of a family, and names that may be of
   people of whom nothing else is said. What two countries speak for is apart.
5. Experts judge what they did not take part in: they are heard, and are no origin.
6. What a speaker may have said of the claim does not count beside what the same one surely said of it.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from backchannel.core.assess.contested import at_most, silenced
from backchannel.core.assess.grouping import MOST_ALIKE, grouped, same_person
from backchannel.core.assess.profiles import Profile, Sort
from backchannel.core.assess.relevance import stems
from backchannel.core.assess.speaker_words import EXPERTS, FORMER, KIN, SPOKESPEOPLE, STATE
from backchannel.core.assess.voices import Voice

_SAME_WORDS = 2
STATE_SIDE = "state"
"""How the side of an organ of a state begins."""


class Party(msgspec.Struct, frozen=True):
    """One that speaks for itself: a body with everybody who speaks for it, or a person.

    `named` is false for speakers whom no report names; `sure` says that at least one voice is surely on the claim,
    and that reports agree on who they are; `side` is equal for parties that may be one voice; `at_most` is how many
    bodies it may be, if one report is wrong.
    """

    name: str
    speakers: tuple[str, ...]
    voices: tuple[Voice, ...]
    side: str
    named: bool
    sure: bool
    expert: bool
    profile: Profile
    at_most: int = 1

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
    organs = _is_organ(unnamed) and _is_organ(named)
    if (
        unnamed.bodies
        and named.bodies
        and not organs
        and not any(one.may_be(other) for one in unnamed.bodies for other in named.bodies)
    ):
        return False
    return bool(unnamed.words & STATE) == bool(named.words & STATE)


def _is_organ(profile: Profile) -> bool:
    """Whether somebody speaks for an organ of a state: two of them may be of one."""
    return any(body.countries or _singular(body.words) & STATE for body in profile.bodies)


def parties(voices: Sequence[Voice], contents: Mapping[tuple[str, int], str]) -> tuple[Party, ...]:
    """The parties that some voices belong to, those heard in the most reports first."""
    leads = {(one.report, one.voice.statement): one.named for one in joined_leads(voices, contents)}
    called = [leads.get((voice.report, voice.statement), "") for voice in voices]
    made = [_party(members, leads) for members in grouped(voices, called)]
    return tuple(sorted(made, key=lambda party: (-len(party.reports), not party.named, party.name)))


def _party(members: Sequence[Voice], leads: Mapping[tuple[str, int], str]) -> Party:
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
    times = Counter(body.name for body in bodies)
    fullest = max(times, key=lambda name: (times[name], len(name)), default="")
    speaker = names[0] if names else profiles[0].name
    expert, contested = silenced(kept, _is_expert) if _is_expert(whole) else (False, False)
    return Party(
        name=fullest or speaker,
        speakers=tuple(names) or tuple(dict.fromkeys(profile.name for profile in profiles)),
        voices=tuple(kept),
        side=_side(whole, fullest or speaker),
        named=named,
        sure=any(voice.sure for voice in kept) and not contested,
        expert=expert and not contested,
        profile=whole,
        at_most=at_most(kept, leads),
    )


def _is_expert(profile: Profile) -> bool:
    """Whether somebody judges what others do: an expert, a scholar, somebody who once held an office."""
    if profile.words & FORMER and profile.words & STATE:
        return True
    scholarly = any(body.words & _SCHOLARLY for body in profile.bodies)
    return (bool(profile.words & EXPERTS) or scholarly) and not profile.words & STATE


_SCHOLARLY = frozenset(("studies", "university", "college", "tank"))


def _singular(words: frozenset[str]) -> frozenset[str]:
    return words | {word.removesuffix("s") for word in words}


def _distinct(names: Sequence[str]) -> list[str]:
    """Names of different persons, each in its fullest form; very many are left as they are."""
    names = list(dict.fromkeys(names))
    if len(names) > MOST_ALIKE:
        return names
    kept: list[str] = []
    for name in sorted(names, key=lambda name: (-len(name.split()), names.index(name))):
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
    if profile.words & KIN or profile.like_a_person or (not profile.bodies and not profile.words & STATE):
        return "persons who may belong together"
    if profile.words & STATE or any(_singular(body.words) & STATE for body in profile.bodies):
        return f"{STATE_SIDE} of " + "/".join(sorted(profile.countries)) if profile.countries else STATE_SIDE
    return name
