"""Traces of what was released, by which it is known again, and what each source told us.

Rules: of each trace and agreement the first crossing is kept. What a source told is one row for each object: when it
first came, and what its first version said, stay; a judgement gives way to a stronger one; what was once poisoned or
revoked stays so. Questions are asked by traces and ids, so that their cost grows with what is asked about.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.dialects.sqlite import insert as insert_or

from backchannel.core.assess.echo import TIERS, Crossing, Echo, Reason
from backchannel.core.known_by import stored_key
from backchannel.flow.ports_echoes import RecordRow, Telling, Told, Unread
from backchannel.store import party_record, sequences
from backchannel.store.bulk import insert_rows
from backchannel.store.labels import make_numbers, parts
from backchannel.store.lists import among, as_list, members
from backchannel.store.schema import agreement as agreement_table
from backchannel.store.schema import body, holding, label, microseconds, received, released, source, term
from backchannel.store.schema_echoes import released_trace, telling
from backchannel.store.sources import source_number

UNTRACED = "untraced"
"""The counter of `released.number` up to which crossings have no traces yet."""

_own = select(source.c.number).where(source.c.own)
_held_as_own = exists().where(holding.c.id == released.c.source_id, holding.c.source.in_(_own))
_came_in = exists().where(received.c.object_id == released.c.source_id)
_ours = or_(released.c.sent_id != released.c.source_id, _held_as_own, ~_came_in)
"""Reduced copies are made of what is ours alone; of what is not held any more, whether it ever came in tells."""

_crossing = (released.c.source_id, agreement_table.c.party, released.c.at, _ours)
_to = released.join(label, label.c.number == released.c.agreement).join(
    agreement_table, agreement_table.c.id == label.c.text
)
_first = func.min(released.c.number)
_firsts = select(_first).where(among(released.c.sent_id, "asked")).group_by(released.c.sent_id, released.c.agreement)
_by_id = select(released.c.sent_id, *_crossing).select_from(_to).where(released.c.number.in_(_firsts))
_by_trace = (
    select(released_trace.c.trace, *_crossing)
    .select_from(_to.join(released_trace, released_trace.c.number == released.c.number))
    .where(among(released_trace.c.trace, "asked"))
)
_unread = (
    select(released.c.number, label.c.text, body.c.raw)
    .select_from(released)
    .join(label, label.c.number == released.c.agreement)
    .outerjoin(
        holding,
        and_(
            holding.c.id == released.c.source_id,
            or_(
                holding.c.version == released.c.version,
                and_(holding.c.current, released.c.sent_id != released.c.source_id),
            ),
        ),
    )
    .outerjoin(body, body.c.seq == holding.c.seq)
    .where(released.c.number <= bindparam("last"))
    .order_by(released.c.number.desc())
)
_told_ids = select(telling.c.object_id, telling.c.at).where(
    telling.c.source == bindparam("source"), among(telling.c.object_id, "asked")
)
_told_wholes = (
    select(telling.c.whole, func.min(telling.c.at))
    .where(telling.c.whole.is_not(None), telling.c.source == bindparam("source"), among(telling.c.whole, "asked"))
    .group_by(telling.c.whole)
)
_by_others = (
    select(telling.c.whole, func.min(telling.c.at))
    .where(
        telling.c.whole.is_not(None),
        telling.c.source != bindparam("source"),
        telling.c.tier == 0,
        among(telling.c.whole, "asked"),
    )
    .group_by(telling.c.whole)
)
_key = members("keys").subquery()
_elsewhere = select(_key.c.value).where(
    select(term.c.seq)
    .join(holding, holding.c.seq == term.c.seq)
    .where(term.c.key == _key.c.value, term.c.kind == "value", holding.c.source != bindparam("source"))
    .exists()
)
_judged = select(telling.c.object_id, telling.c.tier, telling.c.reasons).where(
    telling.c.source == bindparam("source"), among(telling.c.object_id, "asked"), telling.c.reasons.is_not(None)
)
_trace = insert_or(released_trace).on_conflict_do_nothing()
_told = insert_or(telling)


def _stronger(name: str) -> ColumnElement[Any]:
    return case((_told.excluded.tier > telling.c.tier, _told.excluded[name]), else_=telling.c[name])


_tell = _told.on_conflict_do_update(
    index_elements=[telling.c.source, telling.c.object_id],
    set_={
        **{name: _stronger(name) for name in ("tier", "contested", "reasons")},
        **{name: or_(telling.c[name], _told.excluded[name]) for name in ("second_hand", "poisoned", "revoked")},
    },
)
_reasons = msgspec.json.Decoder(tuple[tuple[Reason, ...], tuple[Reason, ...]])


class SqlEchoes:
    """`flow.ports_echoes.Echoes` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- what was released ---------------------------------------------------------------------------------------

    def add_traces(self, agreement: str, crossings: Iterable[tuple[int, Collection[str]]]) -> None:
        """Enter the traces of what crossed, by the number of its crossing."""
        of = make_numbers(self._connection, (agreement,))[agreement]
        for part in parts(crossings):
            rows = sorted((trace, of, number) for number, traces in part for trace in traces)
            insert_rows(self._connection, released_trace, rows, _trace)

    def unread(self, limit: int) -> list[Unread]:
        """Crossings of before there were traces, the latest first; of what is not held any more without its bytes."""
        last = sequences.last(self._connection, UNTRACED)
        rows = self._connection.execute(_unread.limit(limit), {"last": last}) if last else ()
        return [Unread(number, agreement, raw or b"") for number, agreement, raw in rows]

    def read_down_to(self, number: int) -> None:
        """Note that crossings from that number on have their traces."""
        sequences.keep(self._connection, UNTRACED, number - 1)

    def crossed_ids(self, ids: Collection[str]) -> dict[str, list[Crossing]]:
        """What crossed under these ids: for each agreement the first time."""
        return self._crossings(_by_id, ids)

    def crossed_traces(self, traces: Collection[str]) -> dict[str, list[Crossing]]:
        """What crossed that has these traces: for each agreement the first time."""
        return self._crossings(_by_trace, traces)

    # --- what each source told -----------------------------------------------------------------------------------

    def told(self, source: str, ids: Collection[str], wholes: Collection[str]) -> Told:
        """When a source first told us these ids, and these traces of a whole."""
        giver = self._number(source)
        return Told(self._times(_told_ids, giver, ids), self._times(_told_wholes, giver, wholes))

    def told_by_others(self, source: str, wholes: Collection[str]) -> dict[str, datetime]:
        """When anybody but a source first told us these traces of a whole, otherwise than as an echo."""
        return self._times(_by_others, self._number(source), wholes)

    def held_elsewhere(self, source: str, keys: Collection[str]) -> set[str]:
        """Which of these term keys are of a value of something that is held from anybody but a source."""
        giver = self._number(source)
        asked = {stored_key(key): key for key in keys}
        found: set[str] = set()
        for part in parts(asked):
            rows = self._connection.execute(_elsewhere, {"source": giver, "keys": as_list(part)})
            found.update(asked[key] for key in rows.scalars())
        return found

    def tell(self, source: str, tellings: Iterable[Telling]) -> None:
        """Enter what a source told."""
        giver = source_number(self._connection, source)
        for part in parts(tellings):
            insert_rows(self._connection, telling, [_as_row(giver, one) for one in part], _tell)

    def of(self, source: str, ids: Collection[str]) -> dict[str, Echo]:
        """The judgements of what a source told under these ids; of what nothing is to be said, none."""
        giver = self._number(source)
        found: dict[str, Echo] = {}
        for part in parts(ids):
            for identifier, tier, said in self._connection.execute(
                _judged, {"source": giver, "asked": as_list(part)}
            ):
                found[identifier] = Echo(TIERS[tier], *_reasons.decode(said))
        return found

    def record(self, source: str) -> list[RecordRow]:
        """What came from a source, by type."""
        return party_record.rows(self._connection, source)

    # --- the pieces ------------------------------------------------------------------------------------------------

    def _number(self, key: str) -> int:
        """The number of a source; one that matches nothing if it never gave us anything."""
        number = self._connection.execute(select(source.c.number).where(source.c.key == key)).scalar()
        return -1 if number is None else number

    def _crossings(self, statement: Any, asked: Collection[str]) -> dict[str, list[Crossing]]:
        found: dict[str, list[Crossing]] = defaultdict(list)
        for part in parts(asked):
            for name, object_id, party, at, ours in self._connection.execute(statement, {"asked": as_list(part)}):
                found[name].append(Crossing(object_id, party, at, bool(ours)))
        return dict(found)

    def _times(self, statement: Any, giver: int, asked: Collection[str]) -> dict[str, datetime]:
        found: dict[str, datetime] = {}
        for part in parts(asked):
            rows = self._connection.execute(statement, {"source": giver, "asked": as_list(part)})
            found.update((name, at) for name, at in rows)
        return found


def _as_row(giver: int, one: Telling) -> tuple[Any, ...]:
    """In the order of the columns."""
    echo = one.echo
    return (
        giver,
        one.object_id,
        one.type,
        microseconds(one.at),
        one.whole,
        one.origin,
        one.second_hand,
        one.new,
        echo.rank,
        bool(echo.rank and echo.against),
        one.poisoned,
        one.revoked,
        msgspec.json.encode((echo.reasons, echo.against)) if echo.reasons or echo.against else None,
    )
