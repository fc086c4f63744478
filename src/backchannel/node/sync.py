"""One pass over all counterparts: fetch and vet what waits for us, answer with receipts, carry what is due.

Receiving comes first, so that receipts and answers leave in the same pass. Trouble with one counterpart's carrier
is reported and does not keep the others from being served. Two passes of one node never run at once.
"""

import errno
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import msgspec

from backchannel.carriers import address
from backchannel.carriers.folder import FolderCarrier
from backchannel.core.agreement import State
from backchannel.core.text import printable
from backchannel.errors import (
    BackchannelError,
    BadAddress,
    CarrierError,
    CounterpartError,
    DiskFull,
    Fork,
    Gap,
    NoMailbox,
    StoreBroken,
    UnfitItem,
)
from backchannel.flow import inbound
from backchannel.flow.parties import Peer
from backchannel.flow.ports import OFFERED, Carrier, Mailbox, Refusal, Transaction
from backchannel.flow.post import item_name
from backchannel.flow.record import channel_secrets, find, state_now
from backchannel.node.node import MAILBOXES, Node
from backchannel.node.parties import all_parties, peer_of
from backchannel.protocol.handshake import ChannelSecrets, introduction

LOCK = "sync.lock"
EVIDENCE = "evidence"
MOST_EVIDENCE = 16
"""Forked envelopes kept of one counterpart: one proves it, and thousands would fill the disk."""


class SyncReport(msgspec.Struct):
    """What one pass did. `sent` and `received` count envelopes; the others objects, but `refused_envelopes`."""

    sent: int = 0
    received: int = 0
    accepted: int = 0
    held: int = 0
    refused: int = 0
    refused_envelopes: int = 0
    failed: bool = False
    problems: list[str] = []

    def counts(self) -> dict[str, int]:
        """The public figures."""
        return {
            "sent": self.sent,
            "received": self.received,
            "accepted": self.accepted,
            "held": self.held,
            "refused": self.refused + self.refused_envelopes,
        }


def sync(node: Node) -> SyncReport:
    """One pass over all counterparts.

    Raises:
        DiskFull: ours or a carrier's is, after the others were served as far as that goes.
    """
    report = SyncReport()
    full: DiskFull | None = None
    with _alone(node):
        for party in all_parties(node):
            try:
                _sync_with(node, peer_of(party), report)
            except (CarrierError, CounterpartError, BadAddress) as error:
                report.failed = True
                report.problems.append(f"{printable(party.name, 60)}: {error}")
            except DiskFull as error:
                full = error
    if full is not None:
        raise full
    return report


def own_mailboxes(node: Node) -> FolderCarrier:
    """The mailboxes that this node hosts for its counterparts."""
    return FolderCarrier(node.home / MAILBOXES)


def channels_with(node: Node, peer: Peer) -> list[ChannelSecrets]:
    """The secrets of every channel with a counterpart: the party channel, then each agreement's."""
    with node.db.read() as tx:
        rows = [row for row in tx.agreements.all() if row.party == peer.key]
    agreed = [secrets for row in rows if (secrets := channel_secrets(row)) is not None]
    return [introduction(node.us.private, peer.card.keys), *agreed]


def receiving(node: Node, channel: ChannelSecrets) -> list[Mailbox]:
    """The mailboxes we read for a channel: one for each epoch we can still open, the newest last."""
    return [Mailbox.of(channel.receive.token(seed.epoch)) for seed in node.us.private.sealing]


def sending(peer: Peer, channel: ChannelSecrets) -> Mailbox:
    """The mailbox we write to for a channel."""
    return Mailbox.of(channel.send.token(peer.card.sealing.epoch))


def _sync_with(node: Node, peer: Peer, report: SyncReport) -> None:
    own = own_mailboxes(node)
    where = address.parse(peer.party.carrier)
    carrier = address.open_carrier(where, own_mailboxes=own, pin=peer.card.tls_pin)
    # A counterpart that reaches our own server left its envelopes there, whatever carrier we use towards it; and
    # what lies there is taken in even if that carrier cannot be reached.
    places = [own] if carrier is own else [own, carrier]
    try:
        for place in places:
            _receive_from(node, peer, place, report)
        _send_channels(node, peer, carrier, report)
    finally:
        carrier.close()


def _receive_from(node: Node, peer: Peer, place: Carrier, report: SyncReport) -> None:
    """Everything that waits for us in one place. A host that does not keep a mailbox yet has nothing for us, and must
    not keep us from sending: our acceptance, on its way, may be what opens that mailbox."""
    # The party channel first: an acceptance in it opens the channel that the next envelopes are in.
    done: set[str] = set()
    while fresh := [one for one in channels_with(node, peer) if one.channel not in done]:
        for channel in fresh:
            done.add(channel.channel)
            for mailbox in receiving(node, channel):
                with suppress(NoMailbox):
                    _receive_all(node, peer, channel, place, mailbox, report)


def _send_channels(node: Node, peer: Peer, carrier: Carrier, report: SyncReport) -> None:
    """Everything that is due, in each channel. One that the host does not know yet does not hold up the others."""
    missing: NoMailbox | None = None
    for channel in channels_with(node, peer):
        _give_receipt(node, peer, channel)
        try:
            _send_all(node, peer, channel, carrier, report)
        except NoMailbox as error:
            missing = error
    if missing is not None:
        raise missing


def _receive_all(
    node: Node, peer: Peer, channel: ChannelSecrets, place: Carrier, mailbox: Mailbox, report: SyncReport
) -> None:
    """Everything in one mailbox. Envelopes may lie there in any order; passes go on while they fill gaps."""
    progress = True
    while progress:
        progress, gap = False, None
        for name in place.list_after(mailbox):
            data = b""
            try:
                taken = place.get(mailbox, name)
                if taken is None:
                    continue
                data = taken
                arrival = _receive(node, peer, channel, data)
            except Gap as error:
                gap = error
                continue
            except (CounterpartError, UnfitItem) as error:
                if isinstance(error, Fork):
                    _keep_evidence(node, peer, name, data)
                _refuse(node, peer, channel, name, error)
                report.refused_envelopes += 1
                report.problems.append(f"{printable(peer.party.name, 60)}: {error}")
            else:
                progress = True
                _count(report, arrival)
            place.delete(mailbox, name)
            node.us.reached("receive.deleted")
        if gap is None:
            return
    if gap is not None:
        report.problems.append(f"{printable(peer.party.name, 60)}: {gap}")


def _receive(node: Node, peer: Peer, channel: ChannelSecrets, data: bytes) -> inbound.Arrival:
    with node.db.write() as tx:
        arrival = inbound.receive(tx, node.standing(), node.services(), peer, channel.channel, data)
        node.us.reached("receive.stored")
    node.us.reached("receive.committed")
    return arrival


def _refuse(node: Node, peer: Peer, channel: ChannelSecrets, name: str, error: BackchannelError) -> None:
    refusal = Refusal(
        channel=channel.channel,
        party=peer.key,
        envelope=None,
        subject=name,
        rule=error.code,
        message=str(error),
        at=node.clock(),
    )
    with node.db.write() as tx:
        tx.channels.add_refusals([refusal])


def _keep_evidence(node: Node, peer: Peer, name: str, data: bytes) -> None:
    folder, whose = node.home / EVIDENCE, peer.key[:16]
    path = folder / f"{whose}-{name}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if path.exists() or len(list(folder.glob(f"{whose}-*"))) < MOST_EVIDENCE:
            path.write_bytes(data)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"no space left for {path}") from None
        raise StoreBroken(f"{path} cannot be written: {error.strerror}") from None


def _count(report: SyncReport, arrival: inbound.Arrival) -> None:
    report.received += not arrival.duplicate
    report.accepted += arrival.accepted
    report.held += arrival.held
    report.refused += arrival.refused
    report.problems.extend(arrival.notes)


def _give_receipt(node: Node, peer: Peer, channel: ChannelSecrets) -> None:
    with node.db.write() as tx:
        if _is_open(node, tx, channel):
            inbound.give_receipt(tx, node.us, peer, channel.channel)
    node.us.reached("receipt.committed")


def _send_all(node: Node, peer: Peer, channel: ChannelSecrets, carrier: Carrier, report: SyncReport) -> None:
    """Carry what was never carried, and offer again what has no receipt for too long."""
    overdue = node.clock() - timedelta(seconds=node.settings.resend_after_seconds)
    mailbox = sending(peer, channel)
    with node.db.read() as tx:
        due = tx.channels.outbox_due(channel.channel, overdue)
    for sequence, digest in due:
        data = _offered(node, channel, sequence, digest)
        if data is None:
            return
        report.sent += carrier.put(mailbox, item_name(sequence, digest), data)
        node.us.reached("send.put")
        with node.db.write() as tx:
            tx.channels.carried(channel.channel, sequence, node.clock())
        node.us.reached("send.marked")


def _offered(node: Node, channel: ChannelSecrets, sequence: int, digest: str) -> bytes | None:
    """An envelope, on record from now on as one that may have left; None if it must not leave any more.

    Ending or narrowing takes back what was not offered (`flow.retract`), even while this pass runs.
    """
    with node.db.write() as tx:
        if not _is_open(node, tx, channel) or tx.channels.outbox_digest(channel.channel, sequence) != digest:
            return None
        item = tx.channels.outbox_item(channel.channel, sequence)
        if item.carried_at is None:
            tx.channels.carried(channel.channel, sequence, OFFERED)
    node.us.reached("send.offered")
    return item.data


def _is_open(node: Node, tx: Transaction, channel: ChannelSecrets) -> bool:
    """Whether anything may still be sent in a channel: nothing is, once its agreement is over."""
    row = find(tx, channel.channel)
    return row is None or state_now(row, node.clock()) is State.IN_FORCE


@contextmanager
def _alone(node: Node) -> Iterator[None]:
    """Wait until no other process syncs this node."""
    with (node.home / LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
