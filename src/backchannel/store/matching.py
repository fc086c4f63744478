"""Matching in tables.

Rules: what a session derives from, its inputs and what the other side blinded go when it is over (`clear`); seeds,
keys and tags, and what a session told, go when the epoch is (`destroy_all_but`). What was found goes by retention
(`drop_matches`), as do values that were looked up; how much was evaluated, and with how many hits, stays.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or

from backchannel.core.canonical import Observable
from backchannel.flow.ports_matching import Match, OwnValue, SessionRow
from backchannel.protocol.matching import OVER, State
from backchannel.store import matched
from backchannel.store.lists import among, as_list
from backchannel.store.schema_matching import (
    match_blinded,
    match_count,
    match_input,
    match_key,
    match_own,
    match_result,
    match_seed,
    match_session,
    match_tag,
)

_NOW_OURS = (
    update(match_result)
    .where(
        match_result.c.agreement == bindparam("of"),
        match_result.c.type == bindparam("a"),
        match_result.c.ours_since.is_(None),
    )
    .values(
        ours_since=select(match_own.c.since)
        .where(
            match_own.c.agreement == match_result.c.agreement,
            match_own.c.epoch == bindparam("in"),
            match_own.c.kind == match_result.c.type,
            match_own.c.value == match_result.c.value,
        )
        .scalar_subquery()
    )
)
_OF_EPOCH = (match_seed, match_key, match_own, match_tag)


class SqlMatching:
    """`flow.ports_matching.Matching` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- sessions ------------------------------------------------------------------------------------------

    def put(self, row: SessionRow) -> None:
        """Enter a session, or its new state."""
        values = msgspec.structs.asdict(row)
        changed = update(match_session).where(match_session.c.id == row.id).values(values)
        if not self._connection.execute(changed).rowcount:
            self._connection.execute(match_session.insert().values(values))

    def get(self, identifier: str) -> SessionRow | None:
        """The session of that id, under whichever agreement."""
        row = self._connection.execute(select(match_session).where(match_session.c.id == identifier)).first()
        return None if row is None else SessionRow(**row._mapping)

    def all(self, agreement: str | None = None) -> list[SessionRow]:
        """All sessions, or those of one agreement, the oldest first."""
        wanted = select(match_session).order_by(match_session.c.opened_at, match_session.c.id)
        if agreement is not None:
            wanted = wanted.where(match_session.c.agreement == agreement)
        return [SessionRow(**row._mapping) for row in self._connection.execute(wanted)]

    def open(self, agreement: str | None = None) -> list[SessionRow]:
        """The sessions that are not over, of all agreements or of one, the oldest first."""
        wanted = select(match_session).where(match_session.c.state.in_(sorted(set(State) - OVER)))
        if agreement is not None:
            wanted = wanted.where(match_session.c.agreement == agreement)
        rows = self._connection.execute(wanted.order_by(match_session.c.opened_at, match_session.c.id))
        return [SessionRow(**row._mapping) for row in rows]

    def entered(self, agreement: str, epoch: int) -> Iterator[SessionRow]:
        """The sessions of an epoch in which we said how much we have, look-ups aside, the newest first."""
        wanted = select(match_session).where(
            match_session.c.agreement == agreement,
            match_session.c.epoch == epoch,
            match_session.c.asked == b"",
            match_session.c.opener | (match_session.c.answer != b""),
        )
        newest = wanted.order_by(match_session.c.opened_at.desc(), match_session.c.id.desc())
        for row in self._connection.execute(newest):
            yield SessionRow(**row._mapping)

    def opened_since(self, agreement: str, since: datetime, *, ours: bool) -> int:
        """How many sessions one side opened under an agreement since a time."""
        count = select(func.count()).where(
            match_session.c.agreement == agreement,
            match_session.c.opened_at >= since,
            match_session.c.opener.is_(ours),
        )
        return int(self._connection.execute(count).scalar_one())

    def history(self, agreement: str) -> tuple[int, int]:
        """How many values of ours were evaluated in sessions that came to their end, look-ups aside, and how many of
        them the other side holds."""
        sums = select(
            func.coalesce(func.sum(match_session.c.inputs), 0), func.coalesce(func.sum(match_session.c.hits), 0)
        ).where(
            match_session.c.agreement == agreement,
            match_session.c.state == State.DONE,
            match_session.c.asked == b"",
        )
        inputs, hits = self._connection.execute(sums).one()
        return int(inputs), int(hits)

    def clear(self, session: str, keep: Collection[str] = ()) -> None:
        """Let go of what only a session that runs needs: its secret, its inputs, and what the other side blinded.
        Values under the kinds to `keep` stay until their epoch is destroyed."""
        gone_inputs = delete(match_input).where(
            match_input.c.session == session, match_input.c.kind.not_in(keep) | match_input.c.value.is_(None)
        )
        self._connection.execute(gone_inputs)
        self._connection.execute(delete(match_blinded).where(match_blinded.c.session == session))
        gone = update(match_session).where(match_session.c.id == session).values(secret=b"", seed=b"")
        self._connection.execute(gone)

    # --- an epoch --------------------------------------------------------------------------------------------

    def key_seed(self, agreement: str, epoch: int) -> bytes | None:
        """What our keys of an epoch are derived from; None if there are none."""
        wanted = select(match_seed.c.seed).where(match_seed.c.agreement == agreement, match_seed.c.epoch == epoch)
        return self._connection.execute(wanted).scalar()

    def put_key_seed(self, agreement: str, epoch: int, seed: bytes) -> None:
        """Keep what our keys of an epoch are derived from."""
        self._connection.execute(match_seed.insert().values(agreement=agreement, epoch=epoch, seed=seed))

    def their_key(self, agreement: str, epoch: int, kind: str) -> bytes | None:
        """The key that the other side evaluates with; None if it has not said it."""
        wanted = select(match_key.c.key).where(
            match_key.c.agreement == agreement, match_key.c.epoch == epoch, match_key.c.kind == kind
        )
        return self._connection.execute(wanted).scalar()

    def put_their_key(self, agreement: str, epoch: int, kind: str, key: bytes) -> None:
        """Keep the key that the other side evaluates with."""
        values = {"agreement": agreement, "epoch": epoch, "kind": kind, "key": key}
        self._connection.execute(match_key.insert().values(values))

    def own(self, agreement: str, epoch: int, kind: str) -> dict[str, OwnValue]:
        """The values of ours that an epoch knows, by their spelling."""
        rows = self._connection.execute(self._own(agreement, epoch, kind))
        return {row.value: OwnValue(*row) for row in rows}

    def put_own(self, agreement: str, epoch: int, kind: str, values: Mapping[str, datetime | None]) -> None:
        """Enter values of ours, and since when we have each. Those that are there stay as they are, but that one
        which was only looked up comes to be ours, and so does what was found of it."""
        rows = [
            {"agreement": agreement, "epoch": epoch, "kind": kind, "value": one, "told": False, "since": since}
            for one, since in values.items()
        ]
        if rows:
            new = insert_or(match_own)
            since = func.coalesce(match_own.c.since, new.excluded.since)
            keys = ["agreement", "epoch", "kind", "value"]
            self._connection.execute(new.on_conflict_do_update(index_elements=keys, set_={"since": since}), rows)
            self._connection.execute(_NOW_OURS, {"of": agreement, "in": epoch, "a": kind})

    def told(self, agreement: str, epoch: int, kind: str, values: Sequence[str], *, told: bool = True) -> None:
        """Keep that the tags of these values under our key were sent, or that they must be sent again."""
        self._change(agreement, epoch, kind, [{"of": one, "to": told} for one in values], "told")

    def tagged(self, agreement: str, epoch: int, kind: str, tags: Mapping[str, bytes]) -> None:
        """Keep the tags of values under their key."""
        self._change(agreement, epoch, kind, [{"of": one, "to": tag} for one, tag in tags.items()], "tag")

    def add_tags(self, agreement: str, epoch: int, kind: str, tags: Sequence[bytes]) -> None:
        """Keep tags of theirs; one that is there is one."""
        rows = [{"agreement": agreement, "epoch": epoch, "kind": kind, "tag": tag} for tag in tags]
        if rows:
            self._connection.execute(insert_or(match_tag).on_conflict_do_nothing(), rows)

    def both(self, agreement: str, epoch: int, kind: str, values: Sequence[str] | None = None) -> list[OwnValue]:
        """Values of ours, all or some, whose tag under their key is one of theirs."""
        wanted = self._own(agreement, epoch, kind).join(
            match_tag,
            (match_tag.c.agreement == match_own.c.agreement)
            & (match_tag.c.epoch == match_own.c.epoch)
            & (match_tag.c.kind == match_own.c.kind)
            & (match_tag.c.tag == match_own.c.tag),
        )
        asked: dict[str, Any] = {}
        if values is not None:
            wanted, asked = wanted.where(among(match_own.c.value, "values")), {"values": as_list(values)}
        return [OwnValue(*row) for row in self._connection.execute(wanted, asked)]

    def tag_count(self, agreement: str, epoch: int, kind: str) -> int:
        """How many tags of theirs are kept of a kind."""
        count = select(func.count()).where(
            match_tag.c.agreement == agreement, match_tag.c.epoch == epoch, match_tag.c.kind == kind
        )
        return int(self._connection.execute(count).scalar_one())

    def epochs(self) -> set[tuple[str, int]]:
        """Of which epochs anything is kept: (agreement, number)."""
        asked = select(match_session.c.agreement, match_session.c.epoch).distinct()
        return {(row.agreement, row.epoch) for row in self._connection.execute(asked) if self._keeps(*row)}

    def _keeps(self, agreement: str, epoch: int) -> bool:
        # One look-up in each: these tables can be large.
        rows = (select(one.c.epoch).where(one.c.agreement == agreement, one.c.epoch == epoch) for one in _OF_EPOCH)
        return any(self._connection.execute(one.limit(1)).first() is not None for one in rows)

    def destroy_all_but(self, agreement: str, epoch: int) -> None:
        """Destroy seeds, keys, tags and what was told of all epochs but one."""
        others = select(match_session.c.id).where(
            match_session.c.agreement == agreement, match_session.c.epoch != epoch
        )
        self._connection.execute(delete(match_input).where(match_input.c.session.in_(others)))
        for table in _OF_EPOCH:
            self._connection.execute(delete(table).where(table.c.agreement == agreement, table.c.epoch != epoch))

    # --- results and budgets -----------------------------------------------------------------------------------

    def add_matches(self, matches: Iterable[Match]) -> None:
        """Keep what they hold; a value that was found before stays as it was, but that one which was only looked up
        comes to be ours."""
        rows = [msgspec.structs.asdict(one) for one in matches]
        if not rows:
            return
        new = insert_or(match_result)
        since = func.coalesce(match_result.c.ours_since, new.excluded.ours_since)
        keys = ["agreement", "type", "value"]
        self._connection.execute(new.on_conflict_do_update(index_elements=keys, set_={"ours_since": since}), rows)

    def matches(self, agreement: str) -> list[Match]:
        """What they hold, by kind and value."""
        wanted = select(match_result).where(match_result.c.agreement == agreement)
        rows = self._connection.execute(wanted.order_by(match_result.c.type, match_result.c.value))
        return [Match(**row._mapping) for row in rows]

    def matches_of(self, values: Iterable[Observable]) -> list[Match]:
        """What counterparts hold of these values, under whichever agreement it was found."""
        return matched.matches_of(self._connection, values)

    def looking_up(self, agreement: str) -> list[SessionRow]:
        """The sessions of which it is kept what they look up, or looked up, the oldest first."""
        return matched.looking_up(self._connection, agreement)

    def drop_looked_up(self, agreement: str, epoch: int, values: Collection[Observable]) -> None:
        """Let go of values that were only looked up, out of what an epoch knows."""
        matched.drop_looked_up(self._connection, agreement, epoch, values)

    def drop_matches(self, agreement: str, before: datetime, kept: Collection[Observable], limit: int) -> int:
        """Let go of at most `limit` of what was found before a time, but for the values in `kept`; of how many."""
        return matched.drop_matches(self._connection, agreement, before, kept, limit)

    def count(self, agreement: str, kind: str, day: int, evaluated: int) -> None:
        """Count evaluations on a day (its ordinal)."""
        values = {"agreement": agreement, "kind": kind, "day": day, "evaluated": evaluated}
        more = insert_or(match_count).values(values)
        more = more.on_conflict_do_update(
            index_elements=["agreement", "kind", "day"],
            set_={"evaluated": match_count.c.evaluated + more.excluded.evaluated},
        )
        self._connection.execute(more)

    def counted(self, agreement: str, kind: str, day: int | None = None) -> int:
        """How many values of a kind we evaluated for the other side, on a day or ever."""
        total = select(func.coalesce(func.sum(match_count.c.evaluated), 0)).where(
            match_count.c.agreement == agreement, match_count.c.kind == kind
        )
        if day is not None:
            total = total.where(match_count.c.day == day)
        return int(self._connection.execute(total).scalar_one())

    # --- the pieces ------------------------------------------------------------------------------------------

    @staticmethod
    def _own(agreement: str, epoch: int, kind: str) -> Any:
        return select(match_own.c.value, match_own.c.tag, match_own.c.told, match_own.c.since).where(
            match_own.c.agreement == agreement, match_own.c.epoch == epoch, match_own.c.kind == kind
        )

    def _change(self, agreement: str, epoch: int, kind: str, rows: list[dict[str, Any]], column: str) -> None:
        there = update(match_own).where(
            match_own.c.agreement == agreement,
            match_own.c.epoch == epoch,
            match_own.c.kind == kind,
            match_own.c.value == bindparam("of"),
        )
        if rows:
            self._connection.execute(there.values({column: bindparam("to")}), rows)
