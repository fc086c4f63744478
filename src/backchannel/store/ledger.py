"""The ledger in tables: entries, tiles of hashes, checkpoints, witnesses, accusations.

Rules: an entry is added at the end and never changed; a tile is written again only while it is partial. All of an
append is in the caller's transaction, so that an entry is durable together with what it speaks of.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import zstandard
from sqlalchemy import Connection, bindparam, func, insert, select
from sqlalchemy.dialects.sqlite import insert as insert_or_update

from backchannel.errors import StoreBroken
from backchannel.flow.ports_ledger import AccusationRow, OwnCheckpoint, Witnessing
from backchannel.protocol.ledger import Entry, encode_entry
from backchannel.protocol.merkle import ReadHash, leaf_hashes
from backchannel.protocol.spelling import HASH
from backchannel.protocol.tiles import WIDTH, Tile, grow, hash_reader
from backchannel.store.agreements import put
from backchannel.store.schema_ledger import (
    ledger_accusation,
    ledger_checkpoint,
    ledger_entry,
    ledger_record,
    ledger_tile,
    ledger_witnessing,
)

PAGE = 4_096
"""Entries read at a time."""

_SUBJECT = 8

_size = select(func.max(ledger_entry.c.number))
_tile = select(ledger_tile.c.data).where(
    ledger_tile.c.level == bindparam("level"), ledger_tile.c.number == bindparam("number")
)
_new_tile = insert_or_update(ledger_tile)
_put_tile = _new_tile.on_conflict_do_update(
    index_elements=["level", "number"], set_={"data": _new_tile.excluded.data}
)
_add_entry = insert(ledger_entry)


class SqlLedger:
    """`flow.ports_ledger.Ledger` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- the log -------------------------------------------------------------------------------------------

    def append(self, entries: Sequence[Entry]) -> int:
        """Add entries at the end; the index of the first."""
        start = self.size()
        if not entries:
            return start
        bodies = [encode_entry(entry) for entry in entries]
        rows = [
            {"number": number, "subject": _subject(entry.subject), "data": body}
            for number, (entry, body) in enumerate(zip(entries, bodies, strict=True), start)
        ]
        self._connection.execute(_add_entry, rows)
        tiles = grow(self._read_tile, start, leaf_hashes(bodies))
        changed = [{"level": one.level, "number": one.index, "data": data} for one, data in tiles.items()]
        self._connection.execute(_put_tile, changed)
        return start

    def size(self) -> int:
        """How many entries there are."""
        last = self._connection.execute(_size).scalar()
        return 0 if last is None else int(last) + 1

    def hashed(self) -> int:
        """How many entries the stored hashes are of: as many as there are, or one was taken out."""
        last = select(ledger_tile.c.number, ledger_tile.c.data).where(ledger_tile.c.level == 0)
        row = self._connection.execute(last.order_by(ledger_tile.c.number.desc()).limit(1)).first()
        return 0 if row is None else row.number * WIDTH + len(row.data) // HASH

    def reader(self, size: int) -> ReadHash:
        """The hashes of the log as it was at that size."""
        return hash_reader(self._read_tile, size)

    def entries(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The entries from one index to before another, or to the last, as their bytes."""
        after = start - 1
        while True:
            page = select(ledger_entry.c.number, ledger_entry.c.data).where(ledger_entry.c.number > after)
            if end is not None:
                page = page.where(ledger_entry.c.number < end)
            rows = self._connection.execute(page.order_by(ledger_entry.c.number).limit(PAGE)).all()
            for number, data in rows:
                if number != after + 1:
                    raise StoreBroken(f"the ledger has no entry {after + 1}")
                after = number
                yield data
            if len(rows) < PAGE:
                return

    def entry(self, index: int) -> bytes | None:
        """The bytes of one entry."""
        where = ledger_entry.c.number == index
        return self._connection.execute(select(ledger_entry.c.data).where(where)).scalar()

    def about(self, subject: str, limit: int = 20) -> list[int]:
        """The indices of the first entries whose subject, a hash in hex, begins so; at least 16 digits."""
        subject_of = _subject(bytes.fromhex(subject[: 2 * _SUBJECT]))
        found = select(ledger_entry.c.number, ledger_entry.c.data).where(ledger_entry.c.subject == subject_of)
        return [row.number for row in self._connection.execute(found.order_by(ledger_entry.c.number).limit(limit))]

    def _read_tile(self, tile: Tile) -> bytes:
        data = self._connection.execute(_tile, {"level": tile.level, "number": tile.index}).scalar()
        if data is None:
            raise StoreBroken(f"the ledger has no tile {tile.index} of level {tile.level}")
        return bytes(data)

    # --- checkpoints and witnesses -------------------------------------------------------------------------

    def put_checkpoint(self, checkpoint: OwnCheckpoint) -> None:
        """Keep a checkpoint that we sign. One of each size."""
        self._connection.execute(insert(ledger_checkpoint).values(checkpoint._asdict()))

    def checkpoint(self, size: int) -> OwnCheckpoint | None:
        """The checkpoint that we signed at that size."""
        row = self._connection.execute(select(ledger_checkpoint).where(ledger_checkpoint.c.size == size)).first()
        return None if row is None else OwnCheckpoint(*row)

    def checkpoints(self) -> Iterator[OwnCheckpoint]:
        """Every checkpoint that we signed, by size."""
        rows = self._connection.execute(select(ledger_checkpoint).order_by(ledger_checkpoint.c.size))
        return (OwnCheckpoint(*row) for row in rows)

    def witnessing(self, party: str) -> Witnessing:
        """How a counterpart and we witness each other."""
        where = ledger_witnessing.c.party == party
        row = self._connection.execute(select(ledger_witnessing).where(where)).first()
        return Witnessing(party) if row is None else Witnessing(**row._mapping)

    def witnesses(self) -> list[Witnessing]:
        """The same of every counterpart with which there is anything."""
        rows = self._connection.execute(select(ledger_witnessing).order_by(ledger_witnessing.c.party))
        return [Witnessing(**row._mapping) for row in rows]

    def put_witnessing(self, row: Witnessing) -> None:
        """Keep how a counterpart and we witness each other."""
        put(self._connection, ledger_witnessing, ("party",), row)

    # --- what is kept beside -------------------------------------------------------------------------------

    def add_accusation(self, party: str, document: bytes, at: datetime) -> None:
        """Keep an accusation; the same again is one."""
        values = {"party": party, "document": document, "at": at}
        self._connection.execute(insert_or_update(ledger_accusation).values(values).on_conflict_do_nothing())

    def accusations(self) -> list[AccusationRow]:
        """All accusations, the oldest first."""
        rows = self._connection.execute(select(ledger_accusation).order_by(ledger_accusation.c.number))
        return [AccusationRow(*row) for row in rows]

    def keep_record(self, digest: bytes, record: bytes) -> None:
        """Keep what a hash in an entry stands for."""
        values = {"digest": digest, "data": zstandard.compress(record)}
        self._connection.execute(insert_or_update(ledger_record).values(values).on_conflict_do_nothing())

    def record(self, digest: bytes) -> bytes | None:
        """What a hash in an entry stands for, if it was kept."""
        data = self._connection.execute(select(ledger_record.c.data).where(ledger_record.c.digest == digest)).scalar()
        return None if data is None else zstandard.decompress(data)


def _subject(digest: bytes) -> int:
    return int.from_bytes(digest[:_SUBJECT], "big", signed=True)
