"""Where each channel stands: what was offered, what arrived there, what is overdue, what arrived here."""

from datetime import datetime, timedelta

import msgspec

from backchannel.flow.ports import AgreementRow, Party, Transaction
from backchannel.flow.ports_channels import OFFERED
from backchannel.flow.record import is_on_record
from backchannel.node.node import Node
from backchannel.node.parties import find_party
from backchannel.protocol.handshake import party_channel


class ChannelView(msgspec.Struct, frozen=True):
    """One channel, in envelopes. `offered` is the number of the last that may have left, `received` that of the last
    that the counterpart gave a receipt for. `unanswered` are those that left and ask for a receipt that is not here;
    `overdue` those among them that left longer ago than the setting `resend_after_seconds`; `waiting` those that
    nobody was offered yet. `arrived` is the number of the last of theirs that we hold; `owed` are those that no
    receipt of ours speaks of."""

    channel: str
    party: str
    agreement: str | None
    title: str
    on_record: bool
    sealed: int
    offered: int
    received: int
    unanswered: int
    overdue: int
    waiting: int
    oldest_overdue: datetime | None
    arrived: int
    owed: int
    last_arrival: datetime | None


def status(node: Node, name: str | None = None) -> list[ChannelView]:
    """Every channel, or those with one counterpart: the party channel first, then its agreements'.

    Raises:
        NotFound, Ambiguous: no counterpart, or several, go by that name.
    """
    with node.db.read() as tx:
        parties = [party for party in tx.agreements.parties() if not party.is_guest]
        if name is not None:
            parties = [find_party(tx, name)]
        views = []
        for party in parties:
            rows = [row for row in tx.agreements.all() if row.party == party.key and row.secrets is not None]
            views += [_view(tx, node, party, row) for row in (None, *rows)]
        return views


def _view(tx: Transaction, node: Node, party: Party, row: AgreementRow | None) -> ChannelView:
    channel = party_channel(node.us.key, party.key) if row is None else row.id
    state = tx.channels.state(channel, party.key)
    outbox = [one for one in tx.channels.outbox_state(channel) if not one.answer]
    before = node.clock() - timedelta(seconds=node.settings.resend_after_seconds)
    late = sorted(
        one.carried_at for one in outbox if one.carried_at is not None and OFFERED < one.carried_at < before
    )
    waiting = sum(one.carried_at is None for one in outbox)
    unsent = tx.channels.first_unsent(channel)
    return ChannelView(
        channel=channel,
        party=party.name,
        agreement=None if row is None else row.id,
        title="agreements, cards, ledgers" if row is None else row.title,
        on_record=row is None or is_on_record(row),
        sealed=state.sent,
        offered=state.sent if unsent is None else unsent - 1,
        received=state.acknowledged,
        unanswered=len(outbox) - waiting,
        overdue=len(late),
        waiting=waiting,
        oldest_overdue=late[0] if late else None,
        arrived=state.received,
        owed=tx.arrivals.owed(channel)[0],
        last_arrival=tx.arrivals.last_at(channel),
    )
