"""What is known of objects beside their bytes: of received ones their provenance, of sent copies their content.

Rules: the provenance of an object version from one party under one agreement is kept once; what came first stays, as
with the object itself. It is kept from the arrival on, so that it is there whenever the object is accepted.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, select

from backchannel.core.provenance import Provenance
from backchannel.flow.ports_consents import Beside, Crossed, Kept
from backchannel.store.bulk import insert_rows
from backchannel.store.labels import number_of, parts
from backchannel.store.lists import among, as_list
from backchannel.store.schema import microseconds, released
from backchannel.store.schema_consents import provenance, sent_copy

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_there = select(provenance).where(among(provenance.c.object_id, "ids"))
_here = [provenance.c[name] == bindparam(f"of_{name}") for name in Beside._fields]
_crossed = (
    select(released.c.sent_id, released.c.version, released.c.source_id)
    .where(released.c.agreement == bindparam("agreement"), among(released.c.sent_id, "ids"))
    .distinct()
)
_copies = select(sent_copy.c.id, sent_copy.c.version, sent_copy.c.sha256).where(
    sent_copy.c.agreement == bindparam("agreement"), among(sent_copy.c.id, "ids")
)


class SqlProvenances:
    """`flow.ports_consents.Provenances` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, rows: Iterable[tuple[Beside, Kept]]) -> None:
        """Keep what is known beside received objects."""
        for part in parts(rows):
            fresh = dict(reversed(part))
            there = self._rows({key.object_id for key in fresh})
            found = {_key(row) for row in there}
            insert_rows(
                self._connection,
                provenance,
                sorted(_as_row(key, kept) for key, kept in fresh.items() if key not in found),
            )

    def of(self, keys: Collection[Beside]) -> dict[Beside, Kept]:
        """What is kept beside these; those of which nothing is known are left out."""
        wanted = frozenset(keys)
        rows = self._rows({key.object_id for key in wanted})
        return {key: _kept(row) for row in rows if (key := _key(row)) in wanted}

    def forget(self, keys: Collection[Beside]) -> None:
        """Forget what was kept beside these."""
        if keys:
            gone = [{f"of_{name}": value for name, value in key._asdict().items()} for key in keys]
            self._connection.execute(delete(provenance).where(*_here), gone)

    def due(self, before: datetime, limit: int) -> list[Beside]:
        """Received objects whose content has to be gone before a time, the earliest first."""
        late = select(provenance).where(provenance.c.destroy_by < microseconds(before))
        return [_key(row) for row in self._connection.execute(late.order_by(provenance.c.destroy_by).limit(limit))]

    def put_copies(self, agreement: str, copies: Mapping[tuple[str, str], str]) -> None:
        """Keep which content reduced copies left with."""
        known = self.copies(agreement, {identifier for identifier, _ in copies})
        rows = sorted((agreement, one, version, digest) for (one, version), digest in copies.items())
        insert_rows(self._connection, sent_copy, [row for row in rows if row[1:] not in known])

    def copies(self, agreement: str, ids: Collection[str]) -> set[tuple[str, str, str]]:
        """(id, version, SHA-256) of the reduced copies of these ids that left."""
        found: set[tuple[str, str, str]] = set()
        for part in parts(ids):
            rows = self._connection.execute(_copies, {"agreement": agreement, "ids": as_list(part)})
            found.update((identifier, version, digest) for identifier, version, digest in rows)
        return found

    def crossed(self, agreement: str, ids: Collection[str]) -> list[Crossed]:
        """Every version that left under an agreement under one of these ids."""
        number = number_of(self._connection, agreement) or -1
        found: list[Crossed] = []
        for part in parts(ids):
            rows = self._connection.execute(_crossed, {"agreement": number, "ids": as_list(part)})
            found += [Crossed(*row) for row in rows]
        return found

    def _rows(self, ids: Collection[str]) -> list[Any]:
        return [row for part in parts(ids) for row in self._connection.execute(_there, {"ids": as_list(part)}).all()]


def _key(row: Any) -> Beside:
    return Beside(*row[:4])


def _as_row(key: Beside, kept: Kept) -> tuple[Any, ...]:
    said = kept.provenance
    due = None if said.destroy_by is None else microseconds(said.destroy_by)
    origin, nonce = bytes.fromhex(said.origin), bytes.fromhex(said.nonce)
    tag = bytes.fromhex(said.tag)
    return (*key, kept.tlp, origin, said.onward, due, said.passed, nonce, _listed(said.consents), tag)


def _listed(consents: tuple[str, ...]) -> str:
    return msgspec.json.encode(consents).decode() if consents else ""


def _kept(row: Any) -> Kept:
    due = None if row.destroy_by is None else _EPOCH + timedelta(microseconds=row.destroy_by)
    consents = msgspec.json.decode(row.consents, type=tuple[str, ...]) if row.consents else ()
    said = Provenance(row.origin.hex(), row.onward, due, row.passed, row.nonce.hex(), consents, row.tag.hex())
    return Kept(row.tlp, said)
