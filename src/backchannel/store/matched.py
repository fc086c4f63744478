"""What matching found, read by value, and let go of when it may not be kept any longer.

Rule: nothing here touches a count. What was evaluated, and how many hits sessions had, outlives the values.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, delete, select, tuple_, update

from backchannel.core.canonical import Observable
from backchannel.flow.ports_matching import Match, SessionRow
from backchannel.store.lists import as_pairs, pairs
from backchannel.store.schema_matching import match_own, match_result, match_session

_NOTHING = (b"", b"[]")
"""What a session looks up that looks up nothing, or nothing any more."""

_pair = pairs("pairs")
_is_among = select(_pair.c.first, _pair.c.second)


def _named(kind: ColumnElement[str], value: ColumnElement[str]) -> ColumnElement[bool]:
    return tuple_(kind, value).in_(_is_among)


def matches_of(connection: Connection, values: Iterable[Observable]) -> list[Match]:
    """What counterparts hold of these values, under whichever agreement it was found."""
    wanted = select(match_result).where(_named(match_result.c.type, match_result.c.value))
    ordered = wanted.order_by(match_result.c.type, match_result.c.value, match_result.c.agreement)
    return [Match(**row._mapping) for row in connection.execute(ordered, {"pairs": as_pairs(values)})]


def looking_up(connection: Connection, agreement: str) -> list[SessionRow]:
    """The sessions of an agreement of which it is kept what they look up, or looked up, the oldest first."""
    wanted = select(match_session).where(
        match_session.c.agreement == agreement, match_session.c.asked.not_in(_NOTHING)
    )
    rows = connection.execute(wanted.order_by(match_session.c.opened_at, match_session.c.id))
    return [SessionRow(**row._mapping) for row in rows]


def drop_looked_up(connection: Connection, agreement: str, epoch: int, values: Collection[Observable]) -> None:
    """Let go of values that were only looked up, out of what an epoch knows. Those that are ours stay."""
    gone = delete(match_own).where(
        match_own.c.agreement == agreement,
        match_own.c.epoch == epoch,
        match_own.c.since.is_(None),
        match_own.c.kind == bindparam("of"),
        match_own.c.value == bindparam("one"),
    )
    if values:
        connection.execute(gone, [{"of": one.type, "one": one.value} for one in values])


def drop_matches(
    connection: Connection, agreement: str, before: datetime, kept: Collection[Observable], limit: int
) -> int:
    """Let go of at most `limit` of what was found before a time, but for the values in `kept`, and of the tags by
    which they would be found again; of how many."""
    wanted = select(match_result.c.type, match_result.c.value).where(
        match_result.c.agreement == agreement, match_result.c.matched_at < before
    )
    asked = {}
    if kept:
        wanted = wanted.where(~_named(match_result.c.type, match_result.c.value))
        asked = {"pairs": as_pairs(kept)}
    found = connection.execute(wanted.order_by(match_result.c.matched_at).limit(limit), asked)
    due = [{"of": row.type, "one": row.value} for row in found]
    gone = delete(match_result).where(
        match_result.c.agreement == agreement,
        match_result.c.type == bindparam("of"),
        match_result.c.value == bindparam("one"),
    )
    if due:
        connection.execute(gone, due)
        _untag(connection, agreement, due)
    return len(due)


def _untag(connection: Connection, agreement: str, values: Sequence[Mapping[str, str]]) -> None:
    asked = select(match_session.c.epoch).where(match_session.c.agreement == agreement).distinct()
    there = update(match_own).where(
        match_own.c.agreement == agreement,
        match_own.c.epoch == bindparam("in_epoch"),
        match_own.c.kind == bindparam("of"),
        match_own.c.value == bindparam("one"),
    )
    for epoch in list(connection.execute(asked).scalars()):
        connection.execute(there.values(tag=None), [{"in_epoch": epoch, **one} for one in values])
