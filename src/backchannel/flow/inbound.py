"""The way in: open an envelope, put it in sequence, vet what it holds, keep what may be kept.

One envelope is one transaction: the channel's state, the inbox, the holdings and the refusals of an envelope become
durable together, so that after a crash it was received either wholly or not at all. What fails before the envelope
is known to be the counterpart's next one raises, and nothing changes. What fails after that is recorded as a refusal
and the channel goes on: a bad message costs its sender that message, not the channel.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from backchannel.core.agreement import State, in_force
from backchannel.core.incoming import Incoming
from backchannel.core.stix import decode, format_timestamp
from backchannel.core.vetting import Vetted
from backchannel.errors import BadSignature, CounterpartError, LimitExceeded, NotAgreed, OperatorError
from backchannel.flow import (
    agree,
    amend,
    answering,
    asking,
    cards,
    consent_asking,
    consenting,
    echoes,
    ending,
    match_heard,
    recall_heard,
    receipts,
    vet,
    witness,
)
from backchannel.flow.consent_documents import put_consents
from backchannel.flow.hearing import Arrival, Hearing
from backchannel.flow.keep import Delivery, keep, refusal, with_room
from backchannel.flow.parties import Counterpart, Peer, Standing, Us
from backchannel.flow.ports import AgreementRow, NewObject, Transaction
from backchannel.flow.ports_channels import ChannelRow, InboxItem
from backchannel.flow.record import find, state_now, terms_of
from backchannel.protocol import message
from backchannel.protocol.channel import Accepted, Channel, Duplicate
from backchannel.protocol.channel import receive as arrived
from backchannel.protocol.consent import Consent, Proof
from backchannel.protocol.envelope import OpenedEnvelope, open_envelope, parse, unpack
from backchannel.protocol.handshake import party_channel

MOST_TOLD_OF_REFUSED = 1_000
"""Objects of one counterpart that were refused on a day, and are entered in its record all the same."""

_TOLD = frozenset({"echo", "duplicate", "poison", "overwrites-own"})
"""Rules that refuse an object for what it says of its sender."""

MOST_REFUSED = 50_000
"""Objects and messages of one counterpart that are refused one by one in a day; then its releases are, unread."""


def receive(
    tx: Transaction, standing: Standing, services: vet.Services, peer: Peer, channel: str, data: bytes
) -> Arrival:
    """Receive one envelope of a channel, in the caller's transaction.

    Raises:
        Gap: it comes too early; keep it.
        CounterpartError: it is not the counterpart's next envelope; nothing changed.
    """
    us = standing.us
    peer = cards.speaking(tx, us, peer, channel)
    row = tx.channels.state(channel, peer.key)
    peer, end, step = _arrived(tx, row, us, peer, data)
    if isinstance(step, Duplicate):
        if not _only_answers(us, peer, end, data):
            # It lacks our receipt, which is in the outbox: a new one would leave a gap behind if that one was lost.
            tx.channels.offer_again(channel)
        return Arrival(duplicate=True)
    us.reached("receive.opened")
    opened, after = step.envelope, step.channel.received
    delivery = Delivery(peer, channel, opened.digest, standing.now)
    entry = receipts.enter_received(tx, us, end, opened.digest)
    tx.channels.put_state(msgspec.structs.replace(row, received=after.last, received_head=after.head))
    messages, arrival = _read(tx, delivery, opened)
    readable = not arrival.refused
    hearing = Hearing(tx, standing, services, peer, delivery)
    for said in messages:
        arrival += _hear(hearing, said)
    fate = receipts.Fate(readable, receipts.are_answers(messages), arrival.objects)
    receipts.put_arrival(tx, us, delivery, opened, fate, entry)
    return arrival


def _arrived(
    tx: Transaction, row: ChannelRow, us: Us, peer: Peer, data: bytes
) -> tuple[Peer, Channel, Accepted | Duplicate]:
    """Open an envelope and place it; the counterpart as it signed it. Only what is here already may be signed with
    keys that it replaced since."""
    end = cards.receiving_end(tx, us, peer, row, data)
    try:
        return peer, end, arrived(end, data, us.private, peer.card)
    except BadSignature:
        former = cards.former_speaker(end, us, peer, data)
        if former is None:
            raise
    step = arrived(end, data, us.private, former.card)
    if isinstance(step, Accepted):
        raise cards.judge_late(peer, former, step.envelope)
    return former, end, step


def merge(tx: Transaction, items: Iterable[InboxItem], *, now: datetime) -> int:
    """Take inbox items into the holdings, with their counterpart as the source; how many were new."""
    by_party: dict[str, list[NewObject]] = {}
    came: dict[tuple[str, str], list[tuple[str, str, datetime]]] = {}
    for item in items:
        # How long it may be kept counts from when it came, and not from now.
        came.setdefault((item.agreement, item.party), []).append((item.object_id, item.version, item.received_at))
        by_party.setdefault(item.party, []).append(
            NewObject.of(
                decode(item.raw),
                default_tlp=item.tlp,
                agreement=item.agreement,
                envelope=item.envelope,
                reduced=item.reduced,
            )
        )
    for (agreement, party), versions in came.items():
        tx.retention.received(agreement, party, versions)
    return sum(tx.holdings.add(objects, source=party, now=now).added for party, objects in by_party.items())


# --- what messages do ------------------------------------------------------------------------------------------


def _read(
    tx: Transaction, delivery: Delivery, opened: OpenedEnvelope
) -> tuple[tuple[message.AnyMessage, ...], Arrival]:
    """The messages of an envelope; an unreadable body is a refusal, and no message."""
    try:
        return message.decode(unpack(opened)), Arrival()
    except CounterpartError as error:
        return (), _refuse_message(tx, delivery, error)


def _only_answers(us: Us, peer: Peer, end: Channel, data: bytes) -> bool:
    """Whether an envelope, received before, says nothing that gets a receipt. Two nodes that answered each other's
    answers would never fall silent."""
    try:
        opened = open_envelope(parse(data), end.inward, us.private, peer.card.keys)
        return receipts.are_answers(message.decode(unpack(opened)))
    except CounterpartError:
        return False


def _hear(hearing: Hearing, said: message.AnyMessage) -> Arrival:
    """Do what one message says, or record why not."""
    tx, standing, peer, delivery = hearing.tx, hearing.standing, hearing.peer, hearing.delivery
    try:
        if isinstance(said, message.Receipt):
            receipts.on_receipt(tx, standing.us, peer, delivery, said)
        elif type(said) in _OF_RECALLS:
            return _OF_RECALLS[type(said)](hearing, said)
        elif type(said) in _IN_PARTY_CHANNEL:
            if delivery.channel != party_channel(standing.us.key, peer.key):
                raise NotAgreed("what concerns agreements, cards or ledgers travels in the party channel only")
            return _IN_PARTY_CHANNEL[type(said)](hearing, said)
        else:
            row = find(tx, delivery.channel)
            if row is None or row.party != peer.key:
                raise NotAgreed("what is said under an agreement travels in its channel only")
            return _UNDER_AGREEMENT[type(said)](hearing, row, said)
    except (CounterpartError, OperatorError) as error:
        # An OperatorError here is about their document or their transition, judged by the same rules as ours.
        return _refuse_message(tx, delivery, error)
    return Arrival()


def _on_release(hearing: Hearing, row: AgreementRow, said: message.Release) -> Arrival:
    """Released objects: vet each, then keep, hold or refuse it."""
    tx, standing, services, _, delivery = hearing
    _check_in_force(row, standing, said.items)
    amend.on_word_under(tx, row, said.version)
    taken = take_in(tx, standing, services, delivery, row, said.items, said.consents)
    return Arrival(len(taken.accepted), len(taken.held), len(taken.refused), objects=taken.codes)


_IN_PARTY_CHANNEL: Mapping[type, Callable[..., Arrival]] = {
    message.Proposal: agree.on_proposal,
    message.Acceptance: agree.on_acceptance,
    message.Decline: agree.on_decline,
    message.Ending: ending.on_ending,
    message.Amendment: amend.on_amendment,
    message.AmendmentAcceptance: amend.on_amendment_acceptance,
    message.Checkpoint: witness.on_checkpoint,
    message.Cosignature: witness.on_cosignature,
    message.Card: cards.on_card,
}
"""What is said in the party channel, and who hears it."""

_UNDER_AGREEMENT: Mapping[type, Callable[..., Arrival]] = {
    message.Release: _on_release,
    message.ConsentRequest: consent_asking.on_request,
    message.ConsentGrant: consenting.on_grant,
    message.ConsentRefusal: consenting.on_refusal,
    message.Request: answering.on_request,
    message.RequestClose: answering.on_close,
    message.Answer: asking.on_answer,
    message.RequestDecline: asking.on_decline,
    message.MatchOffer: match_heard.on_offer,
    message.MatchAnswer: match_heard.on_answer,
    message.MatchBegin: match_heard.on_begin,
    message.MatchBlinded: match_heard.on_blinded,
    message.MatchTags: match_heard.on_tags,
    message.MatchEvaluated: match_heard.on_evaluated,
    message.MatchStop: match_heard.on_stop,
}
"""What is said in the channel of an agreement, and who hears it."""


_OF_RECALLS: Mapping[type, Callable[..., Arrival]] = {
    message.Recall: recall_heard.on_recall,
    message.RecallLift: recall_heard.on_lift,
    message.RecallAnswer: recall_heard.on_answer,
}
"""What is said in either channel, and who hears it: an agreement that is over has no channel of its own any more."""


class TakenIn(NamedTuple):
    """What became of objects that came in: kept, waiting in the inbox, refused; and a letter for each, in the order
    they came in."""

    accepted: list[Vetted]
    held: list[Vetted]
    refused: list[vet.NotKept]
    codes: str = ""


def take_in(
    tx: Transaction,
    standing: Standing,
    services: vet.Services,
    delivery: Delivery,
    row: AgreementRow,
    items: Sequence[message.ReleasedObject],
    consents: Sequence[Consent] = (),
) -> TakenIn:
    """Vet objects of an agreement in force, then keep, hold or refuse each.

    Raises:
        LimitExceeded: too many of this counterpart's were refused today; these were not looked at.
        BadObject: they could not be judged.
    """
    today = tx.channels.refused_on_day(delivery.sender.key, standing.now)
    if today >= MOST_REFUSED:
        raise LimitExceeded(f"{len(items)} objects were not looked at: {today} were refused today before them")
    echoes.read_older(tx, standing.us)
    batch, unreadable = vet.decode_items(items, Proof(consents, standing.us.key, standing.now))
    vetted = judge(tx, standing, services, delivery.sender, row, batch)
    terms = terms_of(row)
    # Before anything is written: it may raise.
    broken = vet.broken_by_itself(standing, delivery.sender, terms, batch) if terms.record.outcomes else None
    taken = settle(tx, standing, delivery, row, vetted, unreadable.values())
    kept = {identifier for one in (*taken.accepted, *taken.held) for identifier in one.provenance.consents}
    put_consents(tx, (one for one in consents if one.id in kept))
    if broken is None:
        return taken
    return taken._replace(codes=_codes(len(items), unreadable, vetted, broken, taken.accepted))


def _codes(
    number: int,
    unreadable: Collection[int],
    vetted: Sequence[Vetted],
    broken: Sequence[object],
    accepted: Iterable[Vetted],
) -> str:
    """A letter for each object: `a` accepted, `r` refused for what can be told without anything that we hold, `h`
    everything else. Else whoever sends a copy of an object of ours would read from the letter that it is one."""
    taken = {id(one) for one in accepted}
    letters = ("a" if id(one) in taken else "r" if why else "h" for one, why in zip(vetted, broken, strict=True))
    return "".join("r" if place in unreadable else next(letters) for place in range(number))


def judge(
    tx: Transaction,
    standing: Standing,
    services: vet.Services,
    sender: Counterpart,
    row: AgreementRow,
    batch: Sequence[Incoming],
) -> list[Vetted]:
    """Vet objects of an agreement in force. Nothing is written.

    Raises:
        BadObject: they could not be judged.
    """
    around = vet.Surroundings(tx, standing, services, sender=sender, agreement=row.id, terms=terms_of(row))
    return vet.vet_batch(around, batch)


def settle(
    tx: Transaction,
    standing: Standing,
    delivery: Delivery,
    row: AgreementRow,
    vetted: Sequence[Vetted],
    unreadable: Iterable[vet.NotKept] = (),
) -> TakenIn:
    """Keep, hold or refuse each object as it was judged, in a store that has not changed since."""
    refused = [*unreadable]
    refused += [vet.NotKept.of(one.object, *one.refusals[0]) for one in vetted if one.outcome == "refuse"]
    held, crowded = with_room(tx, delivery.sender, [one for one in vetted if one.outcome == "hold"])
    accepted = [one for one in vetted if one.outcome == "accept"]
    keep(tx, delivery, row.id, accepted, held)
    refused += [vet.NotKept.of(one.object, "inbox-full", why) for one, why in crowded]
    _tell(tx, standing, delivery, vetted)
    tx.channels.add_refusals(refusal(delivery, one.subject, one.rule, one.why) for one in refused)
    repeated = (one.object for one in vetted if {rule for rule, _ in one.refusals} == {"duplicate"})
    again = [(one.id, one.version) for one in repeated]
    if again:
        tx.retention.also_received(row.id, delivery.sender.key, again, delivery.now)
    return TakenIn(accepted, held, refused)


def _tell(tx: Transaction, standing: Standing, delivery: Delivery, vetted: Sequence[Vetted]) -> None:
    """Enter what they told: what passed, and what was refused for being known or poison. Of a day's refusals only so
    many are, as of the refusals themselves."""
    room = max(0, MOST_TOLD_OF_REFUSED - tx.channels.refused_on_day(delivery.sender.key, standing.now))
    refused = [one for one in vetted if _TOLD.intersection(rule for rule, _ in one.refusals)][:room]
    told = [one for one in vetted if one.outcome != "refuse"] + refused
    echoes.tell(
        tx,
        standing.us,
        delivery.sender.key,
        [(one.object, one.background) for one in told],
        standing.now,
        poisoned={one.object.id for one in refused if any(rule == "poison" for rule, _ in one.refusals)},
        passed_on={one.object.id for one in told if one.provenance.passed},
    )


def _check_in_force(row: AgreementRow, standing: Standing, items: Sequence[object]) -> None:
    terms = terms_of(row)
    if not in_force(State(row.state), terms, standing.now):
        span = f"{format_timestamp(terms.valid_from)} to {format_timestamp(terms.valid_until)}"
        state = state_now(row, standing.now)
        raise NotAgreed(f"{len(items)} objects under agreement {row.id[:12]}, which is {state}, valid {span}")


# --- the pieces ------------------------------------------------------------------------------------------------


def _refuse_message(tx: Transaction, delivery: Delivery, error: CounterpartError | OperatorError) -> Arrival:
    """Put on record that a message was refused; the officer reads why."""
    tx.channels.add_refusals([refusal(delivery, delivery.envelope, error.code, str(error))])
    return Arrival(refused=1, notes=(f"{delivery.sender.name}: a message was refused: {error}",))
