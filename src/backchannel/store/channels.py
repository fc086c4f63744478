"""Where each channel stands, the outbox, what was released and what was received.

Rules: an envelope stays in the outbox until its receipt came, or until it is taken back before any carrier was
offered it. What crossed is never forgotten: it decides whether a later object may refer to it, and whether a value
that comes back is an echo.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, and_, bindparam, delete, func, insert, or_, select, update

from backchannel.errors import NotFound
from backchannel.flow.ports_channels import OFFERED, PUBLISHED, ChannelRow, OutboxItem, OutboxState, Refusal, Released
from backchannel.store import refusals as refused
from backchannel.store.agreements import put
from backchannel.store.echoes import SqlEchoes
from backchannel.store.labels import make_numbers, number_of, parts
from backchannel.store.lists import among, as_list
from backchannel.store.schema import channel as channel_table
from backchannel.store.schema import outbox, received, released
from backchannel.store.schema_cards import outbox_inner
from backchannel.store.schema_echoes import released_trace

_released_among = (
    select(released.c.sent_id)
    .where(released.c.agreement == bindparam("agreement"), among(released.c.sent_id, "ids"))
    .distinct()
)
_hops = (
    select(received.c.object_id, func.min(received.c.hops))
    .where(received.c.agreement == bindparam("agreement"), received.c.hops.is_not(None))
    .where(among(received.c.object_id, "ids"))
    .group_by(received.c.object_id)
)
_state = select(channel_table).where(
    channel_table.c.channel == bindparam("channel"), channel_table.c.party == bindparam("party")
)
_late = and_(outbox.c.channel == bindparam("channel"), outbox.c.carried_at < bindparam("before"))
_missed = select(func.max(outbox.c.sequence)).where(_late, ~outbox.c.answer).scalar_subquery()
_due = (
    select(outbox.c.sequence, outbox.c.digest)
    .where(outbox.c.channel == bindparam("channel"))
    .where(
        or_(
            outbox.c.carried_at.is_(None),
            outbox.c.carried_at <= OFFERED,
            and_(outbox.c.carried_at < bindparam("before"), outbox.c.sequence <= _missed),
        )
    )
    .order_by(outbox.c.sequence)
)


class SqlChannels:
    """`flow.ports_channels.Channels` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- state ---------------------------------------------------------------------------------------------

    def state(self, channel: str, party: str) -> ChannelRow:
        """Where a channel stands; at the beginning if nothing has run over it."""
        row = self._connection.execute(_state, {"channel": channel, "party": party}).first()
        return ChannelRow(channel, party) if row is None else ChannelRow(**row._mapping)

    def put_state(self, row: ChannelRow) -> None:
        """Keep where a channel stands."""
        put(self._connection, channel_table, ("channel", "party"), row)

    # --- outbox --------------------------------------------------------------------------------------------

    def put_outbox(self, item: OutboxItem) -> None:
        """Keep a sealed envelope until its receipt comes."""
        values = msgspec.structs.asdict(item)
        inner = values.pop("inner")
        self._connection.execute(insert(outbox).values(values))
        if inner:
            row = {"channel": item.channel, "sequence": item.sequence, "inner": inner}
            self._connection.execute(insert(outbox_inner).values(row))

    def outbox(self, party: str | None = None) -> list[OutboxItem]:
        """Everything without a receipt, in sending order, with its bytes. `outbox_due` is far lighter."""
        waiting = select(outbox).order_by(outbox.c.channel, outbox.c.sequence)
        if party is not None:
            waiting = waiting.where(outbox.c.party == party)
        return [OutboxItem(**row._mapping) for row in self._connection.execute(waiting)]

    def outbox_state(self, channel: str) -> list[OutboxState]:
        """What waits for its receipt in one channel, without the bytes."""
        columns = (outbox.c.sequence, outbox.c.carried_at, outbox.c.answer)
        rows = self._connection.execute(select(*columns).where(outbox.c.channel == channel))
        return [OutboxState(*row) for row in rows.all()]

    def first_unsent(self, channel: str) -> int | None:
        """The number of the first envelope that no carrier was offered."""
        where = (outbox.c.channel == channel, outbox.c.carried_at.is_(None))
        return self._connection.execute(select(func.min(outbox.c.sequence)).where(*where)).scalar()

    def outbox_due(self, channel: str, before: datetime) -> list[tuple[int, str]]:
        """(sequence, digest) of what no carrier has taken yet, or none since `before`, in sending order.

        What nobody answers is not missed by anybody until something later is: then it may be the gap before it.
        """
        rows = self._connection.execute(_due, {"channel": channel, "before": before})
        return [(sequence, digest) for sequence, digest in rows]

    def outbox_item(self, channel: str, sequence: int) -> OutboxItem:
        """One envelope.

        Raises:
            NotFound: it is not in the outbox, because its receipt came meanwhile or it never was.
        """
        where = (outbox.c.channel == channel, outbox.c.sequence == sequence)
        row = self._connection.execute(select(outbox).where(*where)).first()
        if row is None:
            raise NotFound(f"envelope {sequence} of channel {channel[:12]} is not in the outbox")
        return OutboxItem(**row._mapping)

    def outbox_inner(self, channel: str, sequence: int) -> bytes:
        """What is sealed in one envelope; nothing if that was not kept."""
        where = (outbox_inner.c.channel == channel, outbox_inner.c.sequence == sequence)
        return self._connection.execute(select(outbox_inner.c.inner).where(*where)).scalar() or b""

    def outbox_places(self, party: str) -> list[tuple[str, int]]:
        """(channel, sequence) of everything to a party that has no receipt, in sending order."""
        waiting = select(outbox.c.channel, outbox.c.sequence).where(outbox.c.party == party)
        rows = self._connection.execute(waiting.order_by(outbox.c.channel, outbox.c.sequence))
        return [(channel, sequence) for channel, sequence in rows]

    def put_data(self, channel: str, sequence: int, data: bytes, inner: bytes) -> None:
        """Put other bytes in the place of an envelope: the same one, sealed or signed again. It is due at once, and
        still counts as offered if it was: the bytes before may have left."""
        where = (outbox.c.channel == channel, outbox.c.sequence == sequence)
        self._connection.execute(update(outbox).where(*where).values(data=data))
        offered = (*where, outbox.c.carried_at.is_not(None))
        self._connection.execute(update(outbox).where(*offered).values(carried_at=OFFERED))
        place = (outbox_inner.c.channel == channel, outbox_inner.c.sequence == sequence)
        self._connection.execute(update(outbox_inner).where(*place).values(inner=inner))

    def outbox_digest(self, channel: str, sequence: int) -> str | None:
        """The digest of one envelope; None if it is not in the outbox."""
        where = (outbox.c.channel == channel, outbox.c.sequence == sequence)
        return self._connection.execute(select(outbox.c.digest).where(*where)).scalar()

    def carried(self, channel: str, sequence: int, at: datetime) -> None:
        """Note when a carrier took an envelope; with `OFFERED`, that one is given it now and may take it."""
        where = (outbox.c.channel == channel, outbox.c.sequence == sequence)
        self._connection.execute(update(outbox).where(*where).values(carried_at=at))

    def offer_again(self, channel: str) -> None:
        """Make due what a carrier took and no receipt came for: the counterpart asks for it."""
        where = (outbox.c.channel == channel, outbox.c.carried_at.is_not(None))
        self._connection.execute(update(outbox).where(*where).values(carried_at=OFFERED))

    def drop_outbox(self, channel: str, through: int) -> int:
        """Forget the envelopes of a channel up to a receipt's number; returns how many there were."""
        inner = (outbox_inner.c.channel == channel, outbox_inner.c.sequence <= through)
        self._connection.execute(delete(outbox_inner).where(*inner))
        where = (outbox.c.channel == channel, outbox.c.sequence <= through)
        return self._connection.execute(delete(outbox).where(*where)).rowcount

    def take_unsent(self, channel: str) -> list[OutboxItem]:
        """Take out the envelopes of a channel that lie behind all that a carrier was offered, in order."""
        mine = outbox.c.channel == channel
        offered = select(func.max(outbox.c.sequence)).where(mine, outbox.c.carried_at.is_not(None))
        last = self._connection.execute(offered).scalar() or 0
        inner = (outbox_inner.c.channel == channel, outbox_inner.c.sequence > last)
        self._connection.execute(delete(outbox_inner).where(*inner))
        where = (mine, outbox.c.sequence > last)
        rows = self._connection.execute(select(outbox).where(*where).order_by(outbox.c.sequence)).all()
        self._connection.execute(delete(outbox).where(*where))
        return [OutboxItem(**row._mapping) for row in rows]

    # --- what crossed --------------------------------------------------------------------------------------

    def add_released(self, agreement: str, items: Iterable[Released], traces: Sequence[Collection[str]] = ()) -> None:
        """Put on record what leaves under an agreement, and the traces of each."""
        of = make_numbers(self._connection, (agreement,))[agreement]
        first = (self._connection.execute(select(func.max(released.c.number))).scalar() or 0) + 1
        numbered = enumerate(items, first)
        for part in parts(numbered):
            rows = [item._asdict() | {"number": number, "agreement": of} for number, item in part]
            self._connection.execute(insert(released), rows)
        SqlEchoes(self._connection).add_traces(agreement, enumerate(traces, first))

    def forget_released(self, agreement: str, after: int) -> int:
        """Strike from the record what was sealed into envelopes after a number: they were taken back."""
        where = (released.c.agreement == self._number(agreement), released.c.sequence > after)
        gone = select(released.c.number).where(*where)
        self._connection.execute(delete(released_trace).where(released_trace.c.number.in_(gone)))
        return self._connection.execute(delete(released).where(*where)).rowcount

    def released_ids(self, agreement: str, *, sealed: bool = False) -> dict[str, Released]:
        """What crossed under an agreement, by our id: for each the last time. `sealed`: in envelopes only, and not
        by being published."""
        columns = [released.c[name] for name in Released._fields]
        crossed = select(*columns).where(released.c.agreement == self._number(agreement))
        if sealed:
            crossed = crossed.where(released.c.sequence > PUBLISHED)
        rows = self._connection.execute(crossed.order_by(released.c.number))
        return {row.source_id: Released(*row) for row in rows}

    def released_since(self, agreement: str, since: datetime) -> int:
        """How many objects crossed under an agreement from a time on."""
        where = (released.c.agreement == self._number(agreement), released.c.at >= since)
        return int(self._connection.execute(select(func.count()).where(*where)).scalar_one())

    def released_among(self, agreement: str, ids: Collection[str]) -> set[str]:
        """Which of these ids are such as crossed under an agreement: the ids that objects left under."""
        found: set[str] = set()
        for part in parts(ids):
            asked = {"agreement": self._number(agreement), "ids": as_list(part)}
            found.update(self._connection.execute(_released_among, asked).scalars())
        return found

    def add_received(self, agreement: str, came: Iterable[tuple[str, int | None]], at: datetime) -> None:
        """Put on record what came in under an agreement, each version that came, with its hops from a threat."""
        number = make_numbers(self._connection, (agreement,))[agreement]
        for part in parts(came):
            rows = [
                {"agreement": number, "object_id": identifier, "hops": distance, "at": at}
                for identifier, distance in part
            ]
            self._connection.execute(insert(received), rows)

    def crossed_state(self) -> list[tuple[int, datetime]]:
        """What is another value once anything more crossed, or was taken back, under any agreement."""
        latest = (
            select(table.c.number, table.c.at).order_by(table.c.number.desc()).limit(1)
            for table in (released, received)
        )
        return [tuple(row) for one in latest for row in self._connection.execute(one)]

    def received_ids(self, agreement: str) -> set[str]:
        """What came in under an agreement, whether accepted or waiting."""
        came = select(received.c.object_id).where(received.c.agreement == self._number(agreement))
        return set(self._connection.execute(came.distinct()).scalars())

    def received_hops(self, agreement: str, ids: Collection[str]) -> dict[str, int]:
        """The least hops from a threat, of those of these ids that came in under an agreement with any."""
        found: dict[str, int] = {}
        for part in parts(ids):
            asked = {"agreement": self._number(agreement), "ids": as_list(part)}
            found.update((identifier, hops) for identifier, hops in self._connection.execute(_hops, asked))
        return found

    def received_since(self, agreement: str, since: datetime) -> int:
        """How many objects came in under an agreement from a time on."""
        where = (received.c.agreement == self._number(agreement), received.c.at >= since)
        return int(self._connection.execute(select(func.count()).where(*where)).scalar_one())

    # --- refusals ------------------------------------------------------------------------------------------

    def add_refusals(self, refusals: Iterable[Refusal]) -> None:
        """Put on record what was refused, with its reasons: of each counterpart and day the first ones one by one."""
        refused.add(self._connection, refusals)

    def refused_on_day(self, party: str, at: datetime) -> int:
        """How much that a counterpart surely sent was refused on the day of a moment, with a row or only counted."""
        return refused.on_day(self._connection, party, at)

    def refusals(self, limit: int = 100) -> list[Refusal]:
        """The latest refusals, newest first."""
        return refused.newest(self._connection, limit)

    def _number(self, name: str) -> int:
        """The number of a name; one that matches nothing if the store does not know it."""
        return number_of(self._connection, name) or -1
