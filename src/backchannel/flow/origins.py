"""Who tells a value, as it is held; what the count of its origins goes by (`core.assess.origins`).

Rules: the newest version of each source counts, and nothing that is revoked. A party, or a collection that was
pulled, is one teller, whatever number of objects it gave. What we brought in is told by who made it, where that is
known; else by us. Who hands back what bears our own origin tag tells nothing new. A tag counts for the value that is
the whole of an object, and not for one of several alternatives. A note says the tag of an object of its own source; a
sighting by whomever is of any object that tells the value.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from backchannel.core.assess.keys import key_of, told_key
from backchannel.core.assess.origins import Origins, Telling, origins_of
from backchannel.core.assess.publishers import is_called, organisation
from backchannel.core.identity import identity_id
from backchannel.core.provenance import Provenance
from backchannel.core.stix import decode_held
from backchannel.flow.collector import collector_paused
from backchannel.flow.parties import Standing
from backchannel.flow.ports import Filter, Transaction
from backchannel.flow.ports_consents import Beside
from backchannel.flow.ports_origins import About, Told
from backchannel.flow.ports_taxii import PULLED
from backchannel.protocol.origin_tag import origin_tag, tag_in

PART = 2_000
"""Values that are looked up together."""

MOST_REFERENCES, MOST_TAGS = 500, 100
"""So many references and tags of one teller are looked at, of whoever gives more."""

Value = Mapping[str, Any]


class Counted(msgspec.Struct, frozen=True):
    """The origins of a value, the objects that tell it (newest versions, in the order they came), and the names of
    those who only hand back what is ours."""

    origins: Origins
    objects: tuple[Told, ...] = ()
    echoes: tuple[str, ...] = ()


@collector_paused()
def origins_among(tx: Transaction, standing: Standing, keys: Collection[str]) -> dict[str, Counted]:
    """The origins of what has these canonical keys, by key."""
    wanted = sorted(keys)
    found: dict[str, Counted] = {}
    people = _People(tx, standing)
    for start in range(0, len(wanted), PART):
        found |= _Part(tx, standing, people, wanted[start : start + PART]).counted()
    return found


class _People:
    """Names of tellers and creators."""

    def __init__(self, tx: Transaction, standing: Standing) -> None:
        self._tx = tx
        self.us = standing.us.card.name
        self._known = {identity_id(one.key): one.name for one in tx.agreements.parties()}
        self._known[standing.us.identity] = self.us
        self._titles: dict[str, set[str]] = {}
        for key, name in tx.pulls.sources().items():
            self._titles.setdefault(_title(name), set()).add(key)
        self._taken = {*self._known.values()}
        self._said: dict[str, dict[str, str]] = {}
        self._ours: dict[str, str] = {}

    def look_up(self, identities: Collection[str]) -> None:
        """Read what these identities are called."""
        wanted = frozenset(identities) - self._known.keys() - self._said.keys()
        self._said |= {one: {} for one in wanted}
        for held in self._tx.holdings.find(Filter(ids=wanted, type="identity", latest=True)) if wanted else ():
            self._said[held.id][held.source] = held.name
            if held.own:
                self._ours[held.id] = held.name

    def called(self, identity: object, source: str) -> str:
        """What an identity is called by the source that names it, or by us; empty if nobody says."""
        if not isinstance(identity, str):
            return ""
        known = self._known.get(identity)
        return known or self._said.get(identity, {}).get(source) or self._ours.get(identity, "")

    def teller(self, one: Told | About, value: Value) -> str:
        """Who tells what a source gave."""
        if one.own:
            return self.called(value.get("created_by_ref"), one.source) or self.us
        if not one.source.startswith(PULLED):
            return one.source_name
        title = _title(one.source_name)
        return title if len(self._titles.get(title, ())) == 1 and title not in self._taken else one.source_name


class _Part:
    """Some values, and all that is held of them."""

    def __init__(self, tx: Transaction, standing: Standing, people: _People, keys: Sequence[str]) -> None:
        self._people = people
        self._keys = {told_key(key): key for key in keys}
        self._tags = {key: origin_tag(standing.us.secret, key) for key in keys}
        rows = tx.tellings.of(self._keys)
        self._first: dict[tuple[str, str], int] = {}
        for row in rows:
            self._first.setdefault((row.key, row.source), row.seq)
        self._values = {row.seq: value for row in rows if row.raw is not None and (value := _standing(row.raw))}
        self._rows = [row for row in rows if row.seq in self._values]
        self._about = _by_target(tx.tellings.about({row.id for row in self._rows}, ("note", "sighting")))
        beside = [Beside(row.id, row.version, row.source, row.agreement) for row in self._rows if row.agreement]
        self._beside = {one: kept.provenance for one, kept in tx.provenances.of(beside).items()} if beside else {}
        people.look_up({*_identities(self._values.values()), *_identities(v for _, v in self._all_about())})

    def counted(self) -> dict[str, Counted]:
        """The origins of each."""
        by_key: dict[str, list[Told]] = {key: [] for key in self._keys}
        for row in self._rows:
            by_key[row.key].append(row)
        return {self._keys[short]: self._count(self._keys[short], rows) for short, rows in by_key.items()}

    def _count(self, key: str, rows: Sequence[Told]) -> Counted:
        ours = any(row.own for row in rows)
        told: list[tuple[int, Telling]] = []
        echoes: dict[str, None] = {}
        for row in rows:
            one = self._telling(key, row)
            if ours and not row.own and self._tags[key] in one.tags:
                echoes[one.teller] = None
            else:
                told.append((self._first[row.key, row.source], one))
            told += [(about.seq, seen) for about, seen in self._sightings(row)]
        told.sort(key=lambda one: one[0])
        origins = origins_of(list(_bounded(one for _, one in told)))
        return Counted(origins, tuple(rows), tuple(echoes))

    def _telling(self, key: str, row: Told) -> Telling:
        value = self._values[row.seq]
        teller = self._people.teller(row, value)
        said = self._beside.get(Beside(row.id, row.version, row.source, row.agreement or ""), Provenance())
        noted = [tag_in(note) for about, note in self._about.get(row.id, ()) if about.source == row.source]
        tags = [tag for tag in (said.tag, *noted) if tag]
        if tags and key_of(value) != key:
            tags = []
        own_tag = said.tag if tags and not said.passed else ""
        if row.own and not tags and teller == self._people.us:
            own_tag = self._tags[key]
            tags = [own_tag]
        maker = self._people.called(value.get("created_by_ref"), row.source)
        creators = (maker,) if maker and not _same(maker, teller) else ()
        passed = bool(said.passed)
        return Telling(teller, tuple(_urls(value)), tuple(tags), False, creators, own_tag, passed)

    def _sightings(self, row: Told) -> Iterator[tuple[About, Telling]]:
        """What was seen of an object: by whoever tells of it, or by others whom that one names."""
        for about, value in self._about.get(row.id, ()):
            if value.get("sighting_of_ref") != row.id or value.get("count") == 0:
                continue
            teller = self._people.teller(about, value)
            refs = value.get("where_sighted_refs")
            by = [*refs] if isinstance(refs, list) and refs else [value.get("created_by_ref")]
            names = [self._people.called(one, about.source) for one in by if one is not None]
            if not names or any(_same(name, teller) for name in names):
                yield about, Telling(teller, own=True)
            elif any(names):
                yield about, Telling(teller, creators=tuple(filter(None, names)))

    def _all_about(self) -> Iterator[tuple[About, Value]]:
        return (one for some in self._about.values() for one in some)


def _bounded(tellings: Iterable[Telling]) -> Iterator[Telling]:
    """The tellings, of each teller so much that a flood of them costs no more than its reading."""
    left: dict[str, list[int]] = {}
    seen: set[Telling] = set()
    for one in tellings:
        if one in seen:
            continue
        seen.add(one)
        first = one.teller not in left
        room = left.setdefault(one.teller, [MOST_REFERENCES, MOST_TAGS])
        size = len(one.references) + len(one.creators), len(one.tags)
        if first or (size[0] <= room[0] and size[1] <= room[1]):
            room[0] -= size[0]
            room[1] -= size[1]
            yield one


def _standing(raw: bytes) -> Value | None:
    """An object, unless its maker took it back."""
    value = decode_held(raw).value
    return None if value.get("revoked") is True else value


def _by_target(found: Iterable[About]) -> dict[str, list[tuple[About, Value]]]:
    by_target: dict[str, list[tuple[About, Value]]] = {}
    for one in found:
        value = _standing(one.raw)
        if value is not None:
            by_target.setdefault(one.target, []).append((one, value))
    return by_target


def _identities(values: Iterable[Value]) -> Iterator[str]:
    for value in values:
        refs = value.get("where_sighted_refs")
        for one in (value.get("created_by_ref"), *(refs if isinstance(refs, list) else ())):
            if isinstance(one, str):
                yield one


def _urls(value: Value) -> Iterator[str]:
    references = value.get("external_references")
    for one in references[:MOST_REFERENCES] if isinstance(references, list) else ():
        url = one.get("url") if isinstance(one, Mapping) else None
        if isinstance(url, str):
            yield url


def _title(name: str) -> str:
    """The title of a pulled collection, without its host."""
    return name.rpartition(" @ ")[0] or name


def _same(name: str, teller: str) -> bool:
    return name == teller or is_called(organisation(name), teller)
