"""What goes: which rows they are, their tombstones, and the rows themselves. Part of `retention`."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    update,
)

from backchannel.flow.ports_retention import Due, Going, Swept
from backchannel.store.labels import make_numbers, number_of
from backchannel.store.lists import as_pairs, pairs
from backchannel.store.removal import remove
from backchannel.store.schema import body, holding, inbox
from backchannel.store.schema_recalls import came, tombstone
from backchannel.store.sources import source_number

PAGE = 100
"""Objects taken out of the holdings at a time, with their bytes."""

_HERE = and_(
    came.c.object_id == holding.c.id,
    came.c.version == holding.c.version,
    came.c.source == holding.c.source,
    came.c.agreement == holding.c.agreement,
)
"""When a holding came under its agreement, where that is on record apart from it."""

_rows = (
    select(
        holding.c.seq,
        holding.c.id,
        holding.c.type,
        holding.c.version,
        holding.c.source,
        holding.c.agreement,
        holding.c.envelope,
        holding.c.original,
        func.coalesce(came.c.at, holding.c.added_at).label("came_at"),
        body.c.raw,
    )
    .select_from(holding)
    .join(body, body.c.seq == holding.c.seq)
    .outerjoin(came, _HERE)
    .order_by(holding.c.seq)
)
_waiting = select(
    inbox.c.number,
    inbox.c.object_id,
    inbox.c.version,
    inbox.c.agreement,
    inbox.c.envelope,
    inbox.c.received_at,
    inbox.c.raw,
)
_forgotten = delete(came).where(
    came.c.object_id == bindparam("of"), came.c.version == bindparam("in"), came.c.source == bindparam("from")
)
_pair = pairs("pairs")
_versions = (
    select(came.c.object_id, came.c.version, came.c.agreement, came.c.at)
    .select_from(_pair)
    .join(came, (came.c.object_id == _pair.c.first) & (came.c.version == _pair.c.second))
)


def take_away(
    connection: Connection, giver: int, which: ColumnElement[bool], given: Mapping[str, Any], going: Going
) -> int:
    """Take holdings of one source away and leave tombstones; how many."""
    count = 0
    wanted = _rows.where(holding.c.source == giver, which).limit(PAGE)
    while rows := list(connection.execute(wanted, dict(given))):
        _bury(connection, rows, going)
        count += len(rows)
    return count


def taken_from_inbox(
    connection: Connection,
    giver: int,
    party: str,
    which: ColumnElement[bool],
    given: Mapping[str, Any],
    going: Going,
) -> int:
    """Take waiting objects of one counterpart away and leave tombstones; how many."""
    count = 0
    wanted = _waiting.where(inbox.c.party == party, which).order_by(inbox.c.number).limit(PAGE)
    while rows := list(connection.execute(wanted, dict(given))):
        _bury_waiting(connection, giver, rows, going)
        count += len(rows)
    return count


class Sweep:
    """One step over what must go of one agreement."""

    def __init__(self, connection: Connection, due: Due) -> None:
        self._connection = connection
        self._due = due
        self._number = number_of(connection, due.agreement) or -1
        self._giver = source_number(connection, due.source)
        self._others = {
            number: before
            for agreement, before in due.others.items()
            if (number := number_of(connection, agreement)) is not None
        }

    def run(self, going: Going, limit: int) -> Swept:
        """Take away, or over to another agreement, at most `limit` in each of the holdings and the inbox."""
        held = self._held(limit)
        waiting = list(self._connection.execute(self._waiting().limit(limit)))
        moved_held, gone_held = self._parted([((row.id, row.version), row) for row in held])
        moved_waiting, gone_waiting = self._parted([((row.object_id, row.version), row) for row in waiting])
        for row, (number, _) in moved_held:
            self._connection.execute(update(holding).where(holding.c.seq == row.seq).values(agreement=number))
        for row, (number, at) in moved_waiting:
            values = {"agreement": self._name(number), "received_at": at}
            self._connection.execute(update(inbox).where(inbox.c.number == row.number).values(values))
        _bury(self._connection, gone_held, going)
        _bury_waiting(self._connection, self._giver, gone_waiting, going)
        more = max(len(held), len(waiting)) >= limit
        if not more:
            self._forget_lapsed()
        return Swept(len(gone_held) + len(gone_waiting), len(moved_held) + len(moved_waiting), more)

    def count(self) -> int:
        """How many would go."""
        again = came.alias("again")
        allowed = select(again.c.at).where(self._still_allowed(again))
        stays = allowed.where(again.c.object_id == holding.c.id, again.c.version == holding.c.version)
        waits = allowed.where(again.c.object_id == inbox.c.object_id, again.c.version == inbox.c.version)
        queries = [query.where(~stays.exists()) for query in self._due_held()]
        held = {seq for query in queries for seq in self._connection.execute(query).scalars()}
        waiting = self._waiting().with_only_columns(func.count()).order_by(None).where(~waits.exists())
        return len(held) + int(self._connection.execute(waiting).scalar_one())

    # --- which -----------------------------------------------------------------------------------------------

    def _held(self, limit: int) -> list[Any]:
        found: dict[int, Any] = {}
        for query in self._due_held():
            seqs = [row.seq for row in self._connection.execute(query.limit(limit - len(found)))]
            for start in range(0, len(seqs), PAGE):
                part = holding.c.seq.in_(seqs[start : start + PAGE])
                found |= {row.seq: row for row in self._connection.execute(_rows.where(part))}
            if len(found) >= limit:
                break
        return list(found.values())

    def _due_held(self) -> tuple[Select[Any], Select[Any]]:
        """By when they were added; and by when they came, where that is on record apart."""
        mine = and_(holding.c.agreement == self._number, holding.c.source == self._giver)
        # `seq` grows with the time of adding, and the index on agreements is in its order.
        last = select(holding.c.seq).where(holding.c.added_at < self._due.before)
        last = last.order_by(holding.c.added_at.desc()).limit(1)
        newest = self._connection.execute(last).scalar() or 0
        later = select(came.c.at).where(_HERE, came.c.at >= self._due.before).correlate(holding).exists()
        added = select(holding.c.seq).where(mine, holding.c.seq <= newest, ~later).order_by(holding.c.seq)
        earlier = (
            select(holding.c.seq)
            .select_from(came)
            .join(holding, _HERE)
            .where(mine, came.c.agreement == self._number, came.c.at < self._due.before, holding.c.seq > newest)
            .order_by(holding.c.seq)
        )
        return added, earlier

    def _waiting(self) -> Select[Any]:
        old = and_(inbox.c.agreement == self._due.agreement, inbox.c.received_at < self._due.before)
        return _waiting.where(old, inbox.c.party == self._due.source).order_by(inbox.c.received_at, inbox.c.number)

    def _still_allowed(self, table: FromClause = came) -> ColumnElement[bool]:
        """Whether a row of `came` is of another agreement under which what came may stay."""
        each = (and_(table.c.agreement == number, table.c.at >= before) for number, before in self._others.items())
        return and_(table.c.source == self._giver, or_(false(), *each))

    def _parted(
        self, rows: list[tuple[tuple[str, str], Any]]
    ) -> tuple[list[tuple[Any, tuple[int, datetime]]], list[Any]]:
        """Those that may stay under another agreement, with its number and when they came; and the others."""
        if not rows:
            return [], []
        asked = {"pairs": as_pairs([key for key, _ in rows])}
        stays: dict[tuple[str, str], tuple[int, datetime]] = {}
        for identifier, version, number, at in self._connection.execute(
            _versions.where(self._still_allowed()).order_by(came.c.at), asked
        ):
            stays[identifier, version] = (number, at)
        moved = [(row, stays[key]) for key, row in rows if key in stays]
        return moved, [row for key, row in rows if key not in stays]

    def _name(self, number: int) -> str:
        return next(name for name in self._due.others if number_of(self._connection, name) == number)

    def _forget_lapsed(self) -> None:
        """What came again under this agreement no longer may stay because of that."""
        lapsed = (came.c.agreement == self._number, came.c.source == self._giver, came.c.at < self._due.before)
        self._connection.execute(delete(came).where(*lapsed))


# --- tombstones ------------------------------------------------------------------------------------------------


def _bury(connection: Connection, rows: list[Any], going: Going) -> None:
    """Holdings go, with all that is on record of when they came."""
    if not rows:
        return
    stones = [(row.id, row.version, row.raw, row.source, row.agreement, row.envelope, row.came_at) for row in rows]
    _write(connection, stones, going)
    remove(connection, rows)
    _forget(connection, rows[0].source, [(row.id, row.version) for row in rows])


def _bury_waiting(connection: Connection, giver: int, rows: list[Any], going: Going) -> None:
    if not rows:
        return
    numbers = make_numbers(connection, {name for row in rows for name in (row.agreement, row.envelope)})
    stones = [
        (
            row.object_id,
            row.version,
            row.raw,
            giver,
            numbers[row.agreement],
            numbers[row.envelope],
            row.received_at,
        )
        for row in rows
    ]
    _write(connection, stones, going)
    connection.execute(delete(inbox).where(inbox.c.number.in_([row.number for row in rows])))
    _forget(connection, giver, [(row.object_id, row.version) for row in rows])


def _write(connection: Connection, stones: Iterable[tuple[Any, ...]], going: Going) -> None:
    columns = ("object_id", "version", "sha256", "source", "agreement", "envelope", "received_at")
    beside = {"gone_at": going.at, "cause": going.cause, "recall": going.recall}
    rows = []
    for stone in stones:
        facts = dict(zip(columns, stone, strict=True))
        rows.append(facts | {"sha256": hashlib.sha256(facts["sha256"]).hexdigest()} | beside)
    connection.execute(insert(tombstone), rows)


def _forget(connection: Connection, giver: int, versions: Iterable[tuple[str, str]]) -> None:
    connection.execute(_forgotten, [{"of": one, "in": version, "from": giver} for one, version in versions])
