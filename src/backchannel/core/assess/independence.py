"""How many independent origins stand behind a claim, at each level, and who denies it.

Rules.
1. The levels are reports, collectors (chains), speakers, organisations and sides. Origins are counted from sides that
   cannot be one voice (at least, `core.assess.apart`) to organisations and persons (at most).
2. A named party that surely affirms counts. One that may affirm is added to what is at most, once for each side; so
   is one that also denies, or of which reports do not agree what it is (`core.assess.contested`).
3. An unnamed source adds no origin to those that are named. Where nobody is named, there is one origin at least, and
   at most as many as newsrooms that heard an unnamed source themselves.
4. A claim that reports only tell has an origin that nobody names: one, or, where chains are apart, perhaps two.
5. A party denies that would know: the claim names it, or speaks of its country and it speaks for that, or it is kin
   or was there. Others who deny are heard, and told apart; experts never count as such a party.
"""

from collections.abc import Mapping, Sequence

import msgspec

from backchannel.core.assess.apart import least
from backchannel.core.assess.chains import Chains, Collectors, collectors
from backchannel.core.assess.contested import turns
from backchannel.core.assess.countries import countries_in
from backchannel.core.assess.parties import Party
from backchannel.core.assess.relevance import stems
from backchannel.core.assess.speaker_words import KIN, PRESENT, STATE
from backchannel.core.assess.voices import Attitude, OnClaim

Range = tuple[int, int]


class Independence(msgspec.Struct, frozen=True):
    """What stands behind a claim. Each range is (at least, at most)."""

    reports: tuple[str, ...]
    collectors: Collectors
    speakers: Range
    organisations: Range
    sides: Range
    origins: Range
    affirming: tuple[Party, ...]
    possible: tuple[Party, ...]
    unnamed: tuple[Party, ...]
    experts: tuple[Party, ...]
    denied_by: tuple[Party, ...]
    disputed_by: tuple[Party, ...]
    declined_by: tuple[Party, ...]


def independence(
    question: str,
    on: Sequence[OnClaim],
    joined: Sequence[Party],
    chains: Chains,
    contents: Mapping[tuple[str, int], str],
) -> Independence:
    """Count what stands behind a claim. `contents` has what each voice says."""
    taken = [(party, *turns(party.voices)) for party in joined]
    denying = [party for party, _, denies in taken if denies]
    denied_by = tuple(party for party in denying if would_know(party, question))
    affirms = [
        msgspec.structs.replace(party, sure=party.sure and not denies) for party, affirms, denies in taken if affirms
    ]
    experts = tuple(party for party in affirms if party.expert)
    sound = [party for party in affirms if not party.expert]
    affirming = tuple(party for party in sound if party.named and party.sure)
    possible = tuple(party for party in sound if party.named and not party.sure)
    unnamed = tuple(party for party in sound if not party.named and (party.sure or not affirming))
    reports = tuple(one.report for one in on if one.on_it)
    sides = len({party.side for party in affirming})
    low = least(affirming, contents)
    apart = len({party.side for party in possible} - {party.side for party in affirming})
    people = tuple(party for party in affirming if party.profile.bodies)
    hidden = sum(party.at_most - 1 for party in affirming)
    heard = [voice for party in (*affirming, *unnamed) for voice in party.voices if voice.attitude.affirming]
    heard += [voice for one in on for voice in one.voices if voice.attitude is Attitude.CONFIRMS_SAID]
    took = collectors(chains, on, [v for v in heard if v.sure or not affirming or not v.attitude.affirming])
    return Independence(
        reports=reports,
        collectors=took,
        speakers=_speakers(affirming, possible),
        organisations=(
            len(people),
            len(people) + hidden + len([party for party in possible if party.profile.bodies]),
        ),
        sides=(low, sides + apart),
        origins=_origins(affirming, unnamed, reports, chains, (low, sides), apart + hidden),
        affirming=affirming,
        possible=possible,
        unnamed=unnamed,
        experts=experts,
        denied_by=denied_by,
        disputed_by=tuple(party for party in denying if not would_know(party, question)),
        declined_by=tuple(
            party for party in joined if all(voice.attitude is Attitude.DECLINES for voice in party.voices)
        ),
    )


def _speakers(affirming: Sequence[Party], possible: Sequence[Party]) -> Range:
    low = len({name for party in affirming for name in party.speakers})
    return low, low + len({name for party in possible for name in party.speakers})


def _origins(
    affirming: Sequence[Party],
    unnamed: Sequence[Party],
    reports: Sequence[str],
    chains: Chains,
    sides: Range,
    apart: int,
) -> Range:
    if affirming:
        persons = {party.side for party in affirming if not party.profile.bodies}
        parties = len(persons) + sum(bool(party.profile.bodies) for party in affirming)
        return sides[0], max(sides[1], parties) + apart
    if not reports:
        return 0, 0
    rooms = {name for party in unnamed for voice in party.voices if voice.own for name in chains.taken_by(voice)}
    roots = {chains.sources(report) or frozenset((report,)) for report in reports}
    return 1, max(1, apart, len(rooms), min(2, len(roots)))


def would_know(party: Party, question: str) -> bool:
    """Whether a party is one that the claim is about, or was there."""
    if party.expert:
        return False
    asked = set(stems(question))
    named = {
        stem for name in (*party.speakers, *(body.name for body in party.profile.bodies)) for stem in stems(name)
    }
    if asked & (named - _VAGUE):
        return True
    countries = set(countries_in(question.replace(",", " ").replace(".", " ").split()))
    if countries & party.profile.countries and (party.profile.words & STATE or party.profile.bodies):
        return True
    return bool(party.profile.words & (KIN | PRESENT))


_VAGUE = frozenset(stem for word in STATE for stem in stems(word))
