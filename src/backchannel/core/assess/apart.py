"""How many of some parties cannot be one voice: what there is at least, whatever reports call them.

Rules. Parties of one side may be one voice; so may two
1. of which a report that does not say of what state one is, says that both are of a state, or that share a state;
2. of which one speaker may be the other's: a name spelled in another way, an initial, a last name alone;
3. whose words are the same over a long passage: one is a copy of the other, or both read one text out.
Of the sides as many are counted as cannot be one in pairs, those first that few others may be.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from backchannel.core.assess.grouping import MOST_ALIKE, last_of, same_person
from backchannel.core.assess.parties import STATE_SIDE, Party

LONG = 12
"""Words in a row that two do not say by chance."""
_WORD = re.compile(r"[^\W_]+")


def least(listed: Sequence[Party], contents: Mapping[tuple[str, int], str]) -> int:
    """How many of some parties are no voice of another's. `contents` has what each voice says."""
    sides: dict[str, set[str]] = {party.side: set() for party in listed}
    for one, other in (*_states(listed), *_names(listed), *_words(listed, contents)):
        if one != other:
            sides[one].add(other)
            sides[other].add(one)
    kept: set[str] = set()
    for side in sorted(sides, key=lambda side: (len(sides[side]), side)):
        if not kept & sides[side]:
            kept.add(side)
    return len(kept)


def _states(listed: Sequence[Party]) -> Iterator[tuple[str, str]]:
    of = {party.side: party.profile.countries for party in listed if party.side.startswith(STATE_SIDE)}
    for one, other in combinations(of, 2):
        if not of[one] or not of[other] or of[one] & of[other]:
            yield one, other


def _names(listed: Sequence[Party]) -> Iterator[tuple[str, str]]:
    bearers: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
    for party in listed:
        for name in party.speakers:
            if words := name.casefold().split():
                bearers[last_of(words)][name, party.side] = None
    for held in bearers.values():
        for (name, one), (called, other) in combinations(list(held)[:MOST_ALIKE], 2):
            if same_person(name, called):
                yield one, other


def _words(listed: Sequence[Party], contents: Mapping[tuple[str, int], str]) -> Iterator[tuple[str, str]]:
    first: dict[tuple[str, ...], str] = {}
    for party in listed:
        for voice in party.voices if any(voice.attitude.affirming for voice in party.voices) else ():
            words = [word.casefold() for word in _WORD.findall(contents.get((voice.report, voice.statement), ""))]
            for row in zip(*(words[start:] for start in range(LONG)), strict=False):
                yield first.setdefault(row, party.side), party.side
