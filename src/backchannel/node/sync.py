"""One pass over all counterparts: see to our own keys, fetch and vet what waits, answer with receipts, carry what is
due.

Receiving comes first, so that receipts and answers leave in the same pass. Each counterpart has a budget of time and
envelopes; trouble with one counterpart's carrier is reported and does not keep the others from being served. Two
passes of one node never run at once. Guests have no node: nothing is carried to or from them. At the end of a pass
goes what agreements no longer allow to keep.
"""

import hashlib
import time
from collections.abc import Collection
from datetime import timedelta

from backchannel.carriers import address
from backchannel.core.agreement import State
from backchannel.errors import (
    BackchannelError,
    BadAddress,
    CarrierError,
    CounterpartError,
    DiskFull,
    MailboxFull,
    NoMailbox,
)
from backchannel.flow import receipts, witness
from backchannel.flow.introductions import generation_known
from backchannel.flow.ledger import enter
from backchannel.flow.parties import Peer
from backchannel.flow.ports import Transaction
from backchannel.flow.ports_carriers import Carrier
from backchannel.flow.ports_channels import OFFERED
from backchannel.flow.post import current, item_name
from backchannel.flow.record import find, is_signed, state_now
from backchannel.node import match_steps, matching, recalls, retention
from backchannel.node.budget import Budget, SpentError, Timer
from backchannel.node.channels import channels_with, own_mailboxes, sending
from backchannel.node.fetching import Fetching
from backchannel.node.node import Node
from backchannel.node.parties import all_peers
from backchannel.node.renewal import card_news, upkeep
from backchannel.node.report import SyncReport
from backchannel.node.turns import alone
from backchannel.protocol.envelope import parse
from backchannel.protocol.handshake import ChannelSecrets
from backchannel.protocol.ledger import Kind


def sync(
    node: Node, *, resting: Collection[str] = (), called: bool = False, timer: Timer = time.monotonic
) -> SyncReport:
    """One pass over all counterparts. The hosts of those whose keys are in `resting` are left alone: of them only
    what lies in our own mailboxes is taken in. In a pass that was `called` for before its time so are those of all
    who brought nothing new, and with whom no matching session is under way: else whoever brings something would have
    all hosts asked, and these would see when anybody does.

    Raises:
        DiskFull: ours or a carrier's is, after the others were served as far as that goes.
    """
    report = SyncReport()
    full: DiskFull | None = None
    began = node.clock()
    with alone(node.home):
        try:
            node = upkeep(node)
        except DiskFull as error:
            full = error
        for peer in all_peers(node):
            try:
                budget = Budget(node.settings, timer)
                _serve(node, peer, report, budget, at_rest=peer.key in resting, called=called)
            except DiskFull as error:
                full = error
        for peer, problem in card_news(node, began):
            report.say(peer, problem)
        recalls.follow_up(node)
        match_steps.tidy(node)
        if retention.is_due(node):
            report.retained(retention.run(node, most=retention.MOST_A_SYNC))
    if full is not None:
        raise full
    return report


def _serve(node: Node, peer: Peer, report: SyncReport, budget: Budget, *, at_rest: bool, called: bool) -> None:
    before, said = report.sent + report.received, len(report.problems)
    try:
        _sync_with(node, peer, report, budget, at_rest=at_rest, called=called)
    except SpentError as error:
        if report.sent + report.received == before:
            report.troubled.append(peer.key)
        report.say(peer, f"{error}; what is left waits for the next sync")
    except (CarrierError, CounterpartError, BadAddress) as error:
        report.troubled.append(peer.key)
        report.say(peer, error)
    except BackchannelError as error:
        if type(error) is not BackchannelError:
            raise  # ours: a full disk, a broken store
        # Something cannot be said or read here: that concerns this counterpart, and the next ones are served.
        report.troubled.append(peer.key)
        report.say(peer, error)
    finally:
        report.shorten(peer, said)


def _sync_with(node: Node, peer: Peer, report: SyncReport, budget: Budget, *, at_rest: bool, called: bool) -> None:
    own = own_mailboxes(node)
    where = address.parse(peer.party.carrier)
    carrier = address.open_carrier(where, own_mailboxes=own, pin=peer.card.tls_pin, seconds_left=budget.seconds_left)
    # A counterpart that reaches our own server left its envelopes there, whatever carrier we use towards it; and
    # what lies there is taken in even if that carrier cannot be reached.
    places = [own] if carrier is own or at_rest else [own, carrier]
    spent: SpentError | None = None
    before = report.received
    try:
        try:
            for place in places:
                brought = report.received > before
                if called and place is not own and not (brought or matching.is_under_way(node, peer)):
                    places = [own]
                    report.unasked.append(peer.key)
                    break
                Fetching(node, peer, report, budget).take_from(place)
        except SpentError as error:
            spent = error
        budget.send()
        with node.db.read() as tx:
            peer = current(tx, peer)  # a new card may have come
        if carrier in places:
            _send_channels(node, peer, carrier, report, budget)
    finally:
        carrier.close()
    if spent is not None:
        raise spent


def _send_channels(node: Node, peer: Peer, carrier: Carrier, report: SyncReport, budget: Budget) -> None:
    """Everything that is due, in each channel. One that the host does not know yet, or has no room for, does not hold
    up the others. Last comes the party channel again, with what both ledgers are shown of it: not while a matching
    session moves on, or it would come with every shard."""
    refused: NoMailbox | MailboxFull | None = None
    recalls.speak(node, peer)
    report.matching += match_steps.work(node, peer, budget)
    channels = channels_with(node, peer)
    for channel in channels if _has_our_card(node, peer) else channels[:1]:
        _give_receipt(node, peer, channel)
        try:
            _send_all(node, peer, channel, carrier, report, budget)
        except (NoMailbox, MailboxFull) as error:
            refused = error
    if refused is not None:
        raise refused
    if not match_steps.is_moving(node, peer) and _witness(node, peer):
        _send_all(node, peer, channels[0], carrier, report, budget)


def _has_our_card(node: Node, peer: Peer) -> bool:
    """What our new keys signed is not sent before the counterpart is known to have them; it would be refused. In the
    party channel it comes behind the card."""
    with node.db.read() as tx:
        return generation_known(tx, node.us, peer) == node.us.private.generation


def _give_receipt(node: Node, peer: Peer, channel: ChannelSecrets) -> None:
    with node.db.read() as tx:
        if not receipts.is_due(tx, channel.channel):
            return
    with node.db.write() as tx:
        given = _is_open(node, tx, channel) and receipts.give_receipt(tx, node.us, peer, channel.channel)
        if given and is_signed(tx, channel.channel):
            witness.has_news(tx, peer.key)
    node.us.reached("receipt.committed")


def _witness(node: Node, peer: Peer) -> bool:
    """Cosign what the counterpart showed, and show it our ledger; whether either was due."""
    with node.db.read() as tx:
        known = tx.ledger.witnessing(peer.key)
    if not (known.due or known.news):
        return False
    with node.db.write() as tx:
        standing = node.standing()
        cosigned = witness.give_cosignature(tx, standing, peer)
        shown = witness.show(tx, standing, peer)
    node.us.reached("witness.committed")
    return cosigned or shown


def _send_all(
    node: Node, peer: Peer, channel: ChannelSecrets, carrier: Carrier, report: SyncReport, budget: Budget
) -> None:
    """Carry what was never carried, and offer again what has no receipt for too long."""
    overdue = node.clock() - timedelta(seconds=node.settings.resend_after_seconds)
    with node.db.read() as tx:
        due = tx.channels.outbox_due(channel.channel, overdue)
    for sequence, digest in due:
        budget.take()
        data = _offered(node, channel, sequence, digest)
        if data is None:
            return
        # By the key that it is sealed to, and by its own bytes: sealed or signed again it is another item.
        mailbox = sending(peer, channel, parse(data).header.epoch)
        report.sent += carrier.put(mailbox, item_name(sequence, hashlib.sha256(data).hexdigest()), data)
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
            if is_signed(tx, channel.channel):
                enter(tx, node.us, Kind.SENT, channel=channel.channel, envelope=digest)
                if not item.answer:
                    witness.has_news(tx, item.party)
    node.us.reached("send.offered")
    return item.data


def _is_open(node: Node, tx: Transaction, channel: ChannelSecrets) -> bool:
    """Whether anything may still be sent in a channel: nothing is, once its agreement is over."""
    row = find(tx, channel.channel)
    return row is None or state_now(row, node.clock()) is State.IN_FORCE
