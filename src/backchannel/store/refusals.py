"""What was refused, with its reasons, for one's own officer: so much of each counterpart and day that no flood of
refusals fills the store.

Rules: the first `MOST_A_DAY` of a counterpart's day (UTC) are kept one by one; of the others one row says how many
there were, and all are counted. What was opened, and so is the counterpart's for certain, is counted apart from what
anybody could have put into its mailboxes. What the officer refused is always kept: it answers for what was done here.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, insert, select, update

from backchannel.flow.ports_channels import OFFICER, Refusal
from backchannel.store import sequences
from backchannel.store.labels import parts
from backchannel.store.schema import refusal

MOST_A_DAY = 1_000
"""Refusals of one counterpart and day that are kept one by one."""

LONGEST_MESSAGE = 1_000
"""Characters of a reason that are kept: it may quote what it refuses."""

MORE = "more"
"""The rule of the row that stands for those that are not kept one by one."""


class _Day(NamedTuple):
    """One counterpart's day, in UTC: what it surely sent (`opened`), or what lay in its mailboxes."""

    party: str
    opened: bool
    date: date

    def name(self, what: str) -> str:
        """The name of one of its counters: there is one set of them, for the latest day."""
        return f"{sequences.REFUSALS}{what}:{'opened' if self.opened else 'unopened'}:{self.party}"


_COLUMNS = [refusal.c[name] for name in Refusal.__struct_fields__]


def add(connection: Connection, refusals: Iterable[Refusal]) -> None:
    """Put on record what was refused."""
    for part in parts(refusals):
        came = Counter(day for one in part if (day := _counted(one)) is not None)
        room = {day: MOST_A_DAY - _count(connection, day, number) for day, number in came.items()}
        kept = []
        for one in part:
            day = _counted(one)
            if day is not None:
                room[day] -= 1
            if day is None or room[day] >= 0:
                kept.append(_as_row(one))
        if kept:
            connection.execute(insert(refusal), kept)
        for day in (day for day, left in room.items() if left < 0):
            _tell_more(connection, day, part[-1].at)


def on_day(connection: Connection, party: str, at: datetime) -> int:
    """How much that a counterpart surely sent was refused on the day of a moment, kept or not."""
    return _so_far(connection, _Day(party, True, at.astimezone(UTC).date()))


def newest(connection: Connection, limit: int) -> list[Refusal]:
    """The latest refusals, newest first."""
    rows = connection.execute(select(*_COLUMNS).order_by(refusal.c.number.desc()).limit(limit))
    return [Refusal(**row._mapping) for row in rows]


def _counted(one: Refusal) -> _Day | None:
    """Against which day a refusal counts; None if it counts against none."""
    if one.party is None or one.rule == OFFICER:
        return None
    return _Day(one.party, one.envelope is not None, one.at.astimezone(UTC).date())


def _so_far(connection: Connection, day: _Day) -> int:
    known = sequences.last(connection, day.name("day")) == day.date.toordinal()
    return sequences.last(connection, day.name("count")) if known else 0


def _count(connection: Connection, day: _Day, number: int) -> int:
    """Count so many more; how many they were before."""
    before = _so_far(connection, day)
    if not before:
        sequences.keep(connection, day.name("day"), day.date.toordinal())
        sequences.keep(connection, day.name("row"), 0)
    sequences.keep(connection, day.name("count"), before + number)
    return before


def _tell_more(connection: Connection, day: _Day, at: datetime) -> None:
    """The row that says how many of the day are not kept one by one."""
    number, more = sequences.last(connection, day.name("row")), _so_far(connection, day) - MOST_A_DAY
    what = "of this counterpart's objects and messages" if day.opened else "items in this counterpart's mailboxes"
    says: dict[str, object] = {
        "at": at,
        "subject": f"{more} more",
        "message": f"{more} more {what} were refused on {day.date}, and are not kept one by one",
    }
    if number:
        connection.execute(update(refusal).where(refusal.c.number == number).values(says))
        return
    facts = {"channel": None, "party": day.party, "envelope": None, "rule": MORE, **says}
    row = connection.execute(insert(refusal).values(facts)).inserted_primary_key
    sequences.keep(connection, day.name("row"), row[0] if row else 0)


def _as_row(one: Refusal) -> dict[str, object]:
    return msgspec.structs.asdict(one) | {"message": one.message[:LONGEST_MESSAGE]}
