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
from sqlalchemy import Connection, bindparam, or_, select

from backchannel.core.stix import StixObject, decode_held, version_order
from backchannel.core.text import shown
from backchannel.errors import BadObject
from backchannel.flow.ports import AddOutcome, Conflict, NewObject
from backchannel.store import sequences
from backchannel.store.conflicts import record_conflicts
from backchannel.store.labels import make_numbers, parts
from backchannel.store.lists import among, as_list
from backchannel.store.rows import Fresh, Rows
from backchannel.store.schema import body, holding
from backchannel.store.sources import source_number

BATCH = 8_000
"""Objects looked up and written together."""

MADE_AT_IMPORT = ("created", "modified", "valid_from")
"""Time stamps that say nothing about a generated object; nor does a `published` that is `created`."""

# Of an object with a hundred thousand versions, only the newest and those of the batch are looked at.
_known = select(holding.c.id, holding.c.seq, holding.c.version, holding.c.current).where(
    holding.c.source == bindparam("giver"),
    among(holding.c.id, "ids"),
    or_(holding.c.current, among(holding.c.version, "versions")),
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


Versions = dict[str, dict[str, _Version]]
"""Versions of each object: by its id, then by the version's name."""
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
        numbers = make_numbers(self._connection, _labels_in(batch))
        ids = [new.view.id for new in batch]
        for view in (new.view for new in batch):
            if "\0" in view.id or "\0" in view.version:  # `core.conformance` has refused it before
                raise BadObject(f"{shown(view.id)} has a NUL in its id or its version, {shown(view.version)}")
        versions = self._versions(batch, set(ids))
        raws = self._bodies(batch, versions)
        seq = sequences.take(self._connection, sequences.HOLDINGS, 0)
        fresh: list[Fresh] = []
        clashes: list[Conflict] = []
        for new, identifier in zip(batch, ids, strict=True):
            held = versions[identifier]
            known = _match(new, held, raws) if held else None
            if known is None:
                held[new.view.version] = _Version(seq, new.view.version, False)
                raws[seq] = new.raw
                fresh.append(Fresh(seq, new))
                seq += 1
            elif not _agrees(new, raws[known.seq]):
                clashes.append(self._conflict(new, raws[known.seq]))
        self._write(fresh, numbers, versions)
        record_conflicts(self._connection, clashes, self._now)
        return len(fresh), clashes

    def _versions(self, batch: list[NewObject], ids: set[str]) -> Versions:
        found: Versions = defaultdict(dict)
        names = {new.view.version for new in batch}
        which = {"giver": self._source, "ids": as_list(ids), "versions": as_list(names)}
        for identifier, seq, version, current in self._connection.execute(_known, which):
            found[identifier][version] = _Version(seq, version, current)
        return found

    def _bodies(self, batch: list[NewObject], versions: Versions) -> Bodies:
        """The bytes of those held versions that the batch must be compared with."""
        needed: set[int] = set()
        for new in batch if versions else ():
            held = versions[new.view.id]
            same = held.get(new.view.version)
            if same is not None:
                needed.add(same.seq)
            elif new.generated and held:
                needed.add(_newest(held).seq)
        if not needed:
            return {}
        return {seq: bytes(raw) for seq, raw in self._connection.execute(_bodies, {"seqs": as_list(needed)})}

    def _write(self, fresh: list[Fresh], numbers: dict[str, int], versions: Versions) -> None:
        if not fresh:
            return
        current: set[int] = set()
        superseded: set[int] = set()
        for identifier in {one.new.view.id for one in fresh}:
            held = versions[identifier]
            newest = _newest(held)
            current.add(newest.seq)
            superseded.update(one.seq for one in held.values() if one.current and one is not newest)
        sequences.take(self._connection, sequences.HOLDINGS, len(fresh))
        self._rows.write(fresh, numbers, current, superseded)

    def _conflict(self, offered: NewObject, raw: bytes) -> Conflict:
        held, other = hashlib.sha256(raw).hexdigest(), hashlib.sha256(offered.raw).hexdigest()
        return Conflict(offered.view.id, offered.view.version, self._key, held, other)


def _labels_in(batch: list[NewObject]) -> set[str]:
    return {label for new in batch for label in (new.agreement, new.envelope) if label}


def _newest(held: dict[str, _Version]) -> _Version:
    return next(iter(held.values())) if len(held) == 1 else max(held.values(), key=lambda one: one.age)


def _match(new: NewObject, held: dict[str, _Version], raws: Bodies) -> _Version | None:
    """The version that the object is: by its name, or, if its time stamps were made up, by what it says."""
    same = held.get(new.view.version)
    if same is None and new.generated:
        newest = _newest(held)
        return newest if _agrees(new, raws[newest.seq]) else None
    return same


def _agrees(new: NewObject, raw: bytes) -> bool:
    """Whether the object says what these bytes say."""
    if raw == new.raw:
        return True
    return _content(decode_held(raw), new.generated) == _content(new.object(), new.generated)


def _content(one: StixObject, generated: bool) -> bytes:
    value = one.value
    without = {*MADE_AT_IMPORT} if generated else set()
    if generated and value.get("published") == value.get("created"):
        without.add("published")
    return _encoder.encode({name: item for name, item in value.items() if name not in without})
