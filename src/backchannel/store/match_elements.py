"""What a matching session that runs works on, in tables: inputs of ours, and what the other side blinded.

Rules: everything has a number, in which it is sent, and a place, in whose order it is evaluated. All of it goes
when the session is over, but for what was told (`SqlMatching.clear`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Select, and_, bindparam, func, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or

from backchannel.flow.ports_matching import Input
from backchannel.store.lists import among, as_list
from backchannel.store.schema_matching import match_blinded, match_input

_inputs = select(match_input.c.number, match_input.c.value, match_input.c.blinded)
_NEVER = 1 << 62
"""More than all numbers of envelopes: less this, they are smaller than every place."""


class SqlMatchElements:
    """`flow.ports_matching.MatchElements` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put_inputs(self, session: str, kind: str, values: Sequence[str], size: int) -> None:
        """Enter the inputs of a kind, numbered in their order, and padding up to `size`."""
        rows = [
            {"session": session, "kind": kind, "number": number, "place": 0, "value": value, "blinded": b""}
            for number, value in enumerate([*values, *([None] * (size - len(values)))])
        ]
        if rows:
            self._connection.execute(match_input.insert(), rows)

    def place_inputs(self, session: str, kind: str, places: Iterable[tuple[int, int]]) -> None:
        """Enter the places of inputs, (number, place)."""
        self._enter(session, kind, match_input.c.place, places)

    def numbered(self, session: str, kind: str, begin: int, end: int) -> list[Input]:
        """Inputs by their numbers, from one until before another."""
        wanted = _inputs.where(
            match_input.c.session == session,
            match_input.c.kind == kind,
            match_input.c.number >= begin,
            match_input.c.number < end,
        )
        return [Input(*row) for row in self._connection.execute(wanted.order_by(match_input.c.number))]

    def inputs(self, session: str, kind: str, begin: int, end: int) -> list[Input]:
        """Inputs by the order of their places, from one position until before another."""
        return [Input(*row) for row in self._in_order(_inputs, session, kind, begin, end)]

    def sent_in(self, session: str, kind: str, numbers: Iterable[int], envelope: int) -> None:
        """Keep in which envelope inputs were sent, in the stead of their places: they stay before those that were
        not."""
        self.place_inputs(session, kind, ((number, envelope - _NEVER) for number in numbers))

    def sent_after(self, session: str, kind: str, envelope: int) -> list[str]:
        """The values among the inputs of a kind that were sent in envelopes after that number."""
        wanted = select(match_input.c.value).where(
            match_input.c.session == session,
            match_input.c.kind == kind,
            match_input.c.value.is_not(None),
            match_input.c.place > envelope - _NEVER,
            match_input.c.place < 0,
        )
        return list(self._connection.execute(wanted.order_by(match_input.c.number)).scalars())

    def put_sent(self, session: str, kind: str, sent: Mapping[int, bytes]) -> None:
        """Keep what is sent of inputs, by their numbers."""
        self._enter(session, kind, match_input.c.blinded, sent.items())

    def add_blinded(
        self, session: str, kind: str, start: int, elements: Sequence[bytes], places: Sequence[int]
    ) -> bool:
        """Keep blinded elements of theirs and their places; False if one is twice among them, or came before in the
        session."""
        rows = [
            {"session": session, "kind": kind, "number": start + number, "place": place, "element": element}
            for number, (element, place) in enumerate(zip(elements, places, strict=True))
        ]
        self._connection.execute(insert_or(match_blinded).on_conflict_do_nothing(), rows)
        kept = select(func.count()).where(
            match_blinded.c.session == session,
            match_blinded.c.kind == kind,
            match_blinded.c.number >= start,
            match_blinded.c.number < start + len(rows),
        )
        return bool(self._connection.execute(kept).scalar_one() == len(rows))

    def all_blinded(self, session: str, kind: str) -> Iterator[bytes]:
        """Every blinded element of theirs of a kind, by their numbers."""
        wanted = select(match_blinded.c.element).where(
            match_blinded.c.session == session, match_blinded.c.kind == kind
        )
        yield from self._connection.execute(wanted.order_by(match_blinded.c.number)).scalars()

    def reflects(self, session: str, kind: str, start: int, count: int) -> bool:
        """Whether one of so many blinded elements of theirs is one of ours."""
        same = select(match_blinded.c.number).where(
            match_blinded.c.session == session,
            match_blinded.c.kind == kind,
            match_blinded.c.number >= start,
            match_blinded.c.number < start + count,
            match_blinded.c.element.in_(
                select(match_input.c.blinded).where(match_input.c.session == session, match_input.c.kind == kind)
            ),
        )
        return self._connection.execute(same.limit(1)).first() is not None

    def blinded(self, session: str, kind: str, begin: int, end: int) -> list[bytes]:
        """Blinded elements of theirs by the order of their places, from one position until before another."""
        wanted = select(match_blinded.c.number, match_blinded.c.element)
        return [element for _, element in self._in_order(wanted, session, kind, begin, end)]

    def _enter(self, session: str, kind: str, column: Column[Any], values: Iterable[tuple[int, Any]]) -> None:
        """Give inputs, by their numbers, new values of a column."""
        there = update(match_input).where(
            match_input.c.session == session,
            match_input.c.kind == kind,
            match_input.c.number == bindparam("of"),
        )
        if rows := [{"of": number, "to": value} for number, value in values]:
            self._connection.execute(there.values({column: bindparam("to")}), rows)

    def _in_order(self, wanted: Select[Any], session: str, kind: str, begin: int, end: int) -> list[Any]:
        """The rows of a kind at these positions, by place and number, of which the first column is the number.

        Positions are counted in an index that has all it takes; asked for both at once, SQLite reads every row before
        them.
        """
        (table,) = wanted.get_final_froms()
        of_kind = and_(table.c.session == session, table.c.kind == kind)
        places = select(table.c.number).where(of_kind).order_by(table.c.place, table.c.number)
        numbers = list(self._connection.execute(places.limit(end - begin).offset(begin)).scalars())
        rows = self._connection.execute(
            wanted.where(of_kind, among(table.c.number, "numbers")),
            {"numbers": as_list(numbers)},
        )
        found = {row[0]: row for row in rows}
        return [found[number] for number in numbers]
