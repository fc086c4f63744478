"""How objects come into the holdings: what is new, what is known, what contradicts.

Rules: an object is known by (id, version, source) and what was held first stays. The same bytes, or the
same JSON laid out differently, are unchanged; anything else under the same three is a conflict, recorded.
An object whose time stamps were made at import (`generated`) is unchanged as long as the rest of it is.
Each batch costs a fixed number of statements, whatever is in the store.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, select

from backchannel.core.stix import StixObject, decode, targets, version_order
from backchannel.errors import BadObject
from backchannel.flow.ports import AddOutcome, Conflict, NewObject
from backchannel.store import sequences
from backchannel.store.conflicts import record_conflicts
from backchannel.store.labels import make_numbers, parts
from backchannel.store.lists import among, as_list
from backchannel.store.rows import Fresh, Rows
from backchannel.store.schema import body, holding
from backchannel.store.sources import source_number

BATCH = 2_000
"""Objects looked up and written together."""

MADE_AT_IMPORT = ("created", "modified", "valid_from")
"""Time stamps that say nothing about a generated object."""

_known = select(holding.c.id, holding.c.seq, holding.c.version, holding.c.current).where(
    holding.c.source == bindparam("giver"), among(holding.c.id, "ids")
)
_bodies = select(body.c.seq, body.c.raw).where(among(body.c.seq, "seqs"))
_encoder = msgspec.json.Encoder(order="deterministic")


class _Version(NamedTuple):
    """A version of an object of the batch, held already or just taken in."""

    seq: int
    version: str
    current: bool

    @property
    def age(self) -> tuple[str, int]:
        """Orders versions by time."""
        return version_order(self.version), self.seq


Versions = dict[str, list[_Version]]
"""Versions of each object, by its id."""
Bodies = dict[int, bytes]
"""Bytes by `seq`."""


class Intake:
    """One run of `Holdings.add`: objects of one source, taken in at one time."""

    def __init__(self, connection: Connection, source: str, now: datetime) -> None:
        self._connection = connection
        self._key = source
        self._now = now
        self._source = source_number(connection, source)
        self._rows = Rows(connection, self._source, now)

    def run(self, objects: Iterable[NewObject]) -> AddOutcome:
        """Take them in, batch by batch, and say what became of them."""
        added = unchanged = 0
        conflicts: list[Conflict] = []
        for batch in parts(objects, BATCH):
            count, clashes = self._take_in(batch)
            added += count
            unchanged += len(batch) - count - len(clashes)
            conflicts += clashes
        return AddOutcome(added, unchanged, tuple(conflicts))

    def _take_in(self, batch: list[NewObject]) -> tuple[int, list[Conflict]]:
        if any("\0" in new.object.id for new in batch):
            raise BadObject("an object has an id with a NUL in it")
        numbers = make_numbers(self._connection, _labels_in(batch))
        versions = self._versions({new.object.id for new in batch})
        raws = self._bodies(batch, versions)
        seq = sequences.take(self._connection, sequences.HOLDINGS, 0)
        fresh: list[Fresh] = []
        clashes: list[Conflict] = []
        for new in batch:
            held = versions[new.object.id]
            known = _match(new, held, raws)
            if known is None:
                held.append(_Version(seq, new.object.version, False))
                raws[seq] = new.object.raw
                fresh.append(Fresh(seq, new, targets(new.object)))
                seq += 1
            elif not _agrees(new, raws[known.seq]):
                clashes.append(self._conflict(new.object, raws[known.seq]))
        self._write(fresh, numbers, versions)
        record_conflicts(self._connection, clashes, self._now)
        return len(fresh), clashes

    def _versions(self, ids: set[str]) -> Versions:
        found: Versions = defaultdict(list)
        which = {"giver": self._source, "ids": as_list(ids)}
        for identifier, seq, version, current in self._connection.execute(_known, which):
            found[identifier].append(_Version(seq, version, current))
        return found

    def _bodies(self, batch: list[NewObject], versions: Versions) -> dict[int, bytes]:
        """The bytes of those held versions that the batch must be compared with, by `seq`."""
        needed: set[int] = set()
        for new in batch:
            held = versions[new.object.id]
            needed.update(one.seq for one in held if one.version == new.object.version)
            if new.generated and held:
                needed.add(max(held, key=lambda one: one.age).seq)
        if not needed:
            return {}
        return {seq: bytes(raw) for seq, raw in self._connection.execute(_bodies, {"seqs": as_list(needed)})}

    def _write(self, fresh: list[Fresh], numbers: dict[str, int], versions: Versions) -> None:
        if not fresh:
            return
        current: set[int] = set()
        superseded: set[int] = set()
        for identifier in {one.new.object.id for one in fresh}:
            newest = max(versions[identifier], key=lambda one: one.age)
            current.add(newest.seq)
            superseded.update(one.seq for one in versions[identifier] if one.current and one is not newest)
        sequences.take(self._connection, sequences.HOLDINGS, len(fresh))
        self._rows.write(fresh, numbers, current, superseded)

    def _conflict(self, offered: StixObject, raw: bytes) -> Conflict:
        held_sha256 = hashlib.sha256(raw).hexdigest()
        return Conflict(offered.id, offered.version, self._key, held_sha256, offered.digest.hex())


def _labels_in(batch: list[NewObject]) -> set[str]:
    return {label for new in batch for label in (new.agreement, new.envelope) if label}


def _match(new: NewObject, held: list[_Version], raws: Bodies) -> _Version | None:
    """The version that the object is: by its name, or, if its time stamps were made up, by what it says."""
    for one in held:
        if one.version == new.object.version:
            return one
    if new.generated and held:
        newest = max(held, key=lambda one: one.age)
        return newest if _agrees(new, raws[newest.seq]) else None
    return None


def _agrees(new: NewObject, raw: bytes) -> bool:
    """Whether the object says what these bytes say."""
    if raw == new.object.raw:
        return True
    without = MADE_AT_IMPORT if new.generated else ()
    return _content(decode(raw), without) == _content(new.object, without)


def _content(one: StixObject, without: tuple[str, ...]) -> bytes:
    return _encoder.encode({name: item for name, item in one.value.items() if name not in without})
