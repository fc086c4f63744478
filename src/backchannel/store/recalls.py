"""Recalls: ours and where they stand with each recipient, and those that counterparts made."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, delete, exists, func, insert, or_, select, update

from backchannel.core.recall import Answer, State
from backchannel.flow.ports_channels import PUBLISHED
from backchannel.flow.ports_recalls import Crossing, HeardRecall, RecallRow, Recipient
from backchannel.store.agreements import put
from backchannel.store.labels import number_of, parts
from backchannel.store.lists import among, as_list
from backchannel.store.schema import label, outbox, received, released
from backchannel.store.schema_recalls import recall, recall_heard, recall_heard_id, recall_recipient

_crossings = (
    select(released.c.source_id, label.c.text, released.c.sent_id)
    .join(label, label.c.number == released.c.agreement)
    .where(among(released.c.source_id, "ids"))
    .distinct()
    .order_by(released.c.source_id, label.c.text, released.c.sent_id)
)
_recalled_by = (
    select(recall_heard_id.c.object_id)
    .join(
        recall_heard,
        (recall_heard.c.party == recall_heard_id.c.party) & (recall_heard.c.recall == recall_heard_id.c.recall),
    )
    .where(among(recall_heard_id.c.object_id, "ids"), recall_heard.c.lifted_at.is_(None))
    .distinct()
)
_ids = msgspec.json.Decoder(tuple[str, ...])


class SqlRecalls:
    """`flow.ports_recalls.Recalls` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- ours ----------------------------------------------------------------------------------------------

    def put(self, recall_: RecallRow) -> None:
        """Enter a recall of ours, or that it is lifted."""
        put(self._connection, recall, ("id",), recall_)

    def get(self, identifier: str) -> RecallRow | None:
        """The recall of ours with that id."""
        row = self._connection.execute(select(recall).where(recall.c.id == identifier)).first()
        return None if row is None else RecallRow(**row._mapping)

    def all(self) -> list[RecallRow]:
        """All recalls of ours, oldest first."""
        rows = self._connection.execute(select(recall).order_by(recall.c.at, recall.c.id))
        return [RecallRow(**row._mapping) for row in rows]

    def put_recipient(self, recipient: Recipient) -> None:
        """Enter a recipient, or how it stands with it now."""
        values = msgspec.structs.asdict(recipient) | {"ids": msgspec.json.encode(recipient.ids)}
        key = (
            recall_recipient.c.recall == recipient.recall,
            recall_recipient.c.agreement == recipient.agreement,
        )
        _put(self._connection, recall_recipient, key, values)

    def recipients(self, recall: str) -> list[Recipient]:
        """Everybody who was told of a recall, or is to be."""
        return self._recipients(recall_recipient.c.recall == recall)

    def recipients_of(self, party: str) -> list[Recipient]:
        """What one counterpart is to be told, and what it was told in the channel of an agreement, which may end."""
        unsaid = or_(recall_recipient.c.sequence == 0, recall_recipient.c.channel == recall_recipient.c.agreement)
        return self._recipients(recall_recipient.c.party == party, recall_recipient.c.state != State.BY_HAND, unsaid)

    def _recipients(self, *where: Any) -> list[Recipient]:
        rows = self._connection.execute(
            select(recall_recipient).where(*where).order_by(recall_recipient.c.recall, recall_recipient.c.agreement)
        )
        return [_recipient(row) for row in rows]

    def standing(self) -> Mapping[str, datetime | None]:
        """For every object that we ever recalled: None while a recall of it stands, else when the last was lifted."""
        rows = self._connection.execute(select(recall.c.object_id, recall.c.lifted_at))
        found: dict[str, datetime | None] = {}
        for object_id, lifted in rows:
            before = found.get(object_id, lifted)
            found[object_id] = None if lifted is None or before is None else max(before, lifted)
        return found

    def crossings(self, ids: Collection[str]) -> list[Crossing]:
        """Under which agreements these objects crossed, and under which ids."""
        return [
            Crossing(*row)
            for part in parts(ids)
            for row in self._connection.execute(_crossings, {"ids": as_list(part)})
        ]

    def unsent_since(self, channel: str, ids: Collection[str]) -> bool:
        """Whether one of these objects is in an envelope of an agreement that no carrier was offered yet."""
        offered = select(func.coalesce(func.max(outbox.c.sequence), 0)).where(
            outbox.c.channel == channel, outbox.c.carried_at.is_not(None)
        )
        waiting = (
            select(released.c.number)
            .join(outbox, (outbox.c.channel == channel) & (outbox.c.sequence == released.c.sequence))
            .where(released.c.agreement == (number_of(self._connection, channel) or -1))
            .where(released.c.sequence > PUBLISHED, released.c.sequence > offered.scalar_subquery())
            .where(among(released.c.source_id, "ids"))
            .limit(1)
        )
        return self._connection.execute(waiting, {"ids": as_list(ids)}).first() is not None

    # --- others' -------------------------------------------------------------------------------------------

    def put_heard(self, heard: HeardRecall, ids: Collection[str] = ()) -> None:
        """Enter a counterpart's recall with the ids in it, or what became of it."""
        put(self._connection, recall_heard, ("party", "recall", "agreement"), heard)
        known = set(self.heard_ids(heard.party, heard.recall)) if ids else set()
        fresh = [one for one in ids if one not in known]
        if fresh:
            rows = [{"object_id": one, "party": heard.party, "recall": heard.recall} for one in fresh]
            self._connection.execute(insert(recall_heard_id), rows)

    def heard(self, party: str, recall: str, agreement: str) -> HeardRecall | None:
        """A counterpart's recall, as it was said of one agreement."""
        same = (recall_heard.c.recall == recall, recall_heard.c.agreement == agreement)
        found = self._heard(recall_heard.c.party == party, *same)
        return found[0] if found else None

    def all_heard(self) -> list[HeardRecall]:
        """All recalls that came in, oldest first."""
        return self._heard()

    def heard_ids(self, party: str, recall: str) -> list[str]:
        """What a counterpart's recall names."""
        named = select(recall_heard_id.c.object_id).where(
            recall_heard_id.c.party == party, recall_heard_id.c.recall == recall
        )
        return list(self._connection.execute(named.order_by(recall_heard_id.c.object_id)).scalars())

    def heard_since(self, party: str, since: datetime) -> int:
        """How many recalls of a counterpart came in from a time on."""
        where = (recall_heard.c.party == party, recall_heard.c.heard_at >= since)
        return int(self._connection.execute(select(func.count()).where(*where)).scalar_one())

    def heard_ids_since(self, party: str, since: datetime) -> int:
        """How many objects the recalls of a counterpart named that came in from a time on."""
        mine = (recall_heard.c.party == party, recall_heard.c.heard_at >= since)
        recent = select(recall_heard.c.recall).where(*mine)
        named = (recall_heard_id.c.party == party, recall_heard_id.c.recall.in_(recent))
        return int(self._connection.execute(select(func.count()).where(*named)).scalar_one())

    def unanswered(self, party: str) -> list[HeardRecall]:
        """Recalls of a counterpart whose answer is not sealed yet, or is in the channel of an agreement, which may
        end."""
        unsaid = or_(recall_heard.c.sequence == 0, recall_heard.c.channel == recall_heard.c.agreement)
        return self._heard(recall_heard.c.party == party, recall_heard.c.lifted_at.is_(None), unsaid)

    def passed_on(self) -> list[HeardRecall]:
        """Recalls whose last answer was that others are waited for, or that something is missing there."""
        open_ = recall_heard.c.state.in_([Answer.PASSED_ON, Answer.INCOMPLETE])
        return self._heard(open_, recall_heard.c.lifted_at.is_(None))

    def _heard(self, *where: Any) -> list[HeardRecall]:
        rows = self._connection.execute(
            select(recall_heard).where(*where).order_by(recall_heard.c.heard_at, recall_heard.c.recall)
        )
        return [_as_heard(row) for row in rows]

    def recalled_by(self, party: str, ids: Collection[str]) -> set[str]:
        """Which of these ids a counterpart recalled, and did not lift the recall of."""
        found: set[str] = set()
        of_party = _recalled_by.where(recall_heard_id.c.party == party)
        for part in parts(ids):
            found.update(self._connection.execute(of_party, {"ids": as_list(part)}).scalars())
        return found

    def received_among(self, agreement: str, ids: Collection[str]) -> set[str]:
        """Which of these ids came in under an agreement, whether accepted or waiting."""
        number = number_of(self._connection, agreement) or -1
        came = select(received.c.object_id).where(received.c.agreement == number, among(received.c.object_id, "ids"))
        found: set[str] = set()
        for part in parts(ids):
            found.update(self._connection.execute(came, {"ids": as_list(part)}).scalars())
        return found

    def crossed_since_received(self, agreements: Collection[str], ids: Collection[str]) -> set[str]:
        """Which of these ids, of objects that came under one of these agreements, crossed to anybody since."""
        numbers = [number for one in agreements if (number := number_of(self._connection, one)) is not None]
        first = (
            select(received.c.object_id, func.min(received.c.at).label("at"))
            .where(received.c.agreement.in_(numbers), among(received.c.object_id, "ids"))
            .group_by(received.c.object_id)
            .subquery()
        )
        crossed = select(first.c.object_id).where(
            exists().where(released.c.source_id == first.c.object_id, released.c.at >= first.c.at)
        )
        found: set[str] = set()
        for part in parts(ids):
            found.update(self._connection.execute(crossed, {"ids": as_list(part)}).scalars())
        return found

    # --- both ----------------------------------------------------------------------------------------------

    def forget_said(self, channel: str, after: int) -> None:
        """What was said in envelopes of a channel after a number is to be said again: they were taken back."""
        for table in (recall_recipient, recall_heard):
            where = (table.c.channel == channel, table.c.sequence > after)
            self._connection.execute(update(table).where(*where).values(channel="", sequence=0))


def _put(connection: Connection, table: Table, key: tuple[Any, ...], values: dict[str, Any]) -> None:
    connection.execute(delete(table).where(*key))
    connection.execute(insert(table).values(values))


def _recipient(row: Any) -> Recipient:
    facts = dict(row._mapping)
    return Recipient(**facts | {"ids": _ids.decode(facts["ids"]), "state": State(facts["state"])})


def _as_heard(row: Any) -> HeardRecall:
    facts = dict(row._mapping)
    return HeardRecall(**facts | {"state": Answer(facts["state"])})
