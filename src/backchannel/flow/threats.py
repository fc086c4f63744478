"""Which held objects the threats of an agreement stand for, in one's own holdings."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from backchannel.core.known_by import names_of
from backchannel.core.mention import term_key
from backchannel.core.scope import THREAT_TYPES
from backchannel.core.stix_ids import is_id
from backchannel.core.threat_names import Bearer, Resolution, resolve
from backchannel.flow.ports import Held, Transaction

Synonyms = Callable[[str], frozenset[str]]
"""Other names that stand for the same threat beyond doubt."""


class Threats(msgspec.Struct, frozen=True):
    """The threats of an agreement, resolved: `seeds` are ids held, `ours` those of them
    that we named ourselves (own objects, and ids that terms or pins give), `keys` every term key they go by."""

    resolutions: tuple[Resolution, ...]
    seeds: frozenset[str]
    ours: frozenset[str]
    keys: frozenset[str]

    @property
    def notes(self) -> list[str]:
        """What the officer should know: names without a match, and names that several threats bear."""
        return [resolution.note for resolution in self.resolutions if resolution.note]


def resolve_threats(tx: Transaction, names: Sequence[str], pins: Mapping[str, str], synonyms: Synonyms) -> Threats:
    """Resolve names and ids in the holdings. `pins` maps a name to the id the officer chose for it."""
    resolutions: list[Resolution] = []
    keys: set[str] = set()
    chosen = {name for name in names if is_id(name)} | set(pins.values())
    for name in names:
        spellings = {name} if is_id(name) else {name, *synonyms(name)}
        own_keys = {key for key in map(term_key, spellings) if key}
        keys |= own_keys
        if is_id(name) or name in pins:
            resolutions.append(resolve(pins.get(name, name), []))
        else:
            resolutions.append(resolve(name, _bearers(tx, own_keys)))
    seeds = frozenset(identifier for resolution in resolutions for identifier in resolution.ids)
    ours = frozenset(one for resolution in resolutions for one in resolution.ids if one in chosen or _is_own(tx, one))
    return Threats(tuple(resolutions), seeds, ours, frozenset(keys))


def _is_own(tx: Transaction, identifier: str) -> bool:
    return any(held.own for held in tx.holdings.get(identifier))


def _bearers(tx: Transaction, keys: set[str]) -> list[Bearer]:
    terms = tx.holdings.terms(keys, ("name", "alias"), current=True)
    ids = {term.object_id for term in terms if term.object_type in THREAT_TYPES}
    return [
        bearer for identifier in sorted(ids) if (bearer := _bearer(tx.holdings.get(identifier), keys)) is not None
    ]


def _bearer(held: Sequence[Held], keys: set[str]) -> Bearer | None:
    """The object as its own source names it: what somebody calls an object of ours is not our name for it."""
    newest = {one.source: one for one in sorted(held, key=lambda one: one.seq)}
    bearing = [one for one in newest.values() if not keys.isdisjoint(map(term_key, names_of(one.object().value)))]
    if not bearing:
        return None
    chosen = max(bearing, key=lambda one: (one.own, one.version, one.seq))
    return Bearer(chosen.id, chosen.type, chosen.name, chosen.own)
