"""Which held objects the threats of an agreement stand for, in one's own holdings."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from backchannel.core.mention import term_key
from backchannel.core.scope import THREAT_TYPES
from backchannel.core.threat_names import Bearer, Resolution, resolve
from backchannel.flow.ports import Transaction

Synonyms = Callable[[str], frozenset[str]]
"""Other names that stand for the same threat beyond doubt."""


class Threats(msgspec.Struct, frozen=True):
    """The threats of an agreement, resolved: `seeds` are ids held, `keys` every term key they go by."""

    resolutions: tuple[Resolution, ...]
    seeds: frozenset[str]
    keys: frozenset[str]

    @property
    def notes(self) -> list[str]:
        """What the officer should know: names without a match, and names that several threats bear."""
        return [resolution.note for resolution in self.resolutions if resolution.note]


def resolve_threats(tx: Transaction, names: Sequence[str], pins: Mapping[str, str], synonyms: Synonyms) -> Threats:
    """Resolve names and ids in the holdings. `pins` maps a name to the id the officer chose for it."""
    resolutions: list[Resolution] = []
    keys: set[str] = set()
    for name in names:
        spellings = {name} if _is_id(name) else {name, *synonyms(name)}
        own_keys = {key for key in map(term_key, spellings) if key}
        keys |= own_keys
        if _is_id(name) or name in pins:
            resolutions.append(resolve(pins.get(name, name), []))
        else:
            resolutions.append(resolve(name, _bearers(tx, own_keys)))
    seeds = frozenset(identifier for resolution in resolutions for identifier in resolution.ids)
    return Threats(tuple(resolutions), seeds, frozenset(keys))


def _is_id(name: str) -> bool:
    return "--" in name


def _bearers(tx: Transaction, keys: set[str]) -> list[Bearer]:
    terms = tx.holdings.terms(keys, ("name", "alias"), current=True)
    ids = {term.object_id for term in terms if term.object_type in THREAT_TYPES}
    bearers = []
    for identifier in sorted(ids):
        held = tx.holdings.get(identifier)
        latest = max(held, key=lambda one: (one.own, one.version, one.seq))
        bearers.append(Bearer(latest.id, latest.type, latest.name, latest.own))
    return bearers
