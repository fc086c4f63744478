"""What counterparts say of recalls: they recall what they gave us, lift that, and answer to ours.

Rules: nobody can have anything withdrawn but what it gave itself, under the agreement that it names. It is passed on
to whoever we released it to, as a recall of our own, unless the same object is here from elsewhere too. The answer
tells that it is done and nothing else: not what vetting had made of it. The content goes with the envelope that
demands it; the answer is sealed later (`flow.recall.speak`), so that a node that is killed between does both.
"""

from datetime import timedelta

import msgspec

from backchannel.core import recall as states
from backchannel.core.recall import Answer, State, answered, is_overdue
from backchannel.errors import BadSignature, CounterpartError, LimitExceeded, NotAgreed
from backchannel.flow import consenting
from backchannel.flow import recall as ours
from backchannel.flow.hearing import Arrival, Hearing
from backchannel.flow.keep import refusal
from backchannel.flow.ledger import enter_recall
from backchannel.flow.parties import Standing
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.ports_recalls import HeardRecall
from backchannel.flow.ports_retention import Cause, Going
from backchannel.flow.post import post
from backchannel.flow.record import is_on_record, with_peer
from backchannel.protocol import message
from backchannel.protocol.handshake import party_channel
from backchannel.protocol.signing import verify_lift, verify_recall
from backchannel.protocol.succession import by_any_keys

MOST_A_DAY = 1_000
"""Recalls of one counterpart that are carried out in a day."""

MOST_IDS_A_DAY = 20_000
"""Objects in the recalls of one counterpart that are carried out in a day: they are kept with each."""

DAY = timedelta(days=1)

PASSED_ON = "recalled by its originator"
"""The reason that those are given whom a recall is passed on to: who recalled it and why is not ours to tell."""


def on_recall(hearing: Hearing, said: message.Recall) -> Arrival:
    """Withdraw what they recall, and pass it on. Told again, it is answered again."""
    row = _agreement_of(hearing, said)
    known = hearing.tx.recalls.heard(hearing.peer.key, said.recall, row.id)
    try:
        _check_signed(hearing, row, said)
        if known is None:
            _check_room(hearing, len(said.ids))
    except CounterpartError as error:
        return _refused(hearing, row, said, error)
    if known is not None:
        if not _waits(hearing, known):
            hearing.tx.recalls.put_heard(msgspec.structs.replace(known, channel="", sequence=0))
        return Arrival()
    return _carry_out(hearing, row, said)


def on_lift(hearing: Hearing, said: message.RecallLift) -> Arrival:
    """A recall of theirs holds no more. One that comes before its recall is remembered, and that one does nothing."""
    tx, now = hearing.tx, hearing.standing.now
    row = _agreement_of(hearing, said)
    _check_signed(hearing, row, said)
    known = tx.recalls.heard(hearing.peer.key, said.recall, row.id)
    if known is None:
        _check_room(hearing)
        known = HeardRecall(hearing.peer.key, said.recall, row.id, "", now, Answer.WITHDRAWN)
    if known.lifted_at is not None:
        return Arrival()
    tx.recalls.put_heard(msgspec.structs.replace(known, lifted_at=now))
    enter_recall(tx, hearing.standing.us, row, said.statement)
    for passed in tx.recalls.all():
        if (passed.cause_party, passed.cause_recall) == (known.party, known.recall) and passed.lifted_at is None:
            ours.lift(tx, hearing.standing, passed)
    return Arrival(notes=(f"{hearing.peer.name} lifted its recall {said.recall[:12]}: it may send the object again",))


def on_answer(hearing: Hearing, said: message.RecallAnswer) -> Arrival:
    """What became of a recall of ours with them."""
    tx, peer, now = hearing.tx, hearing.peer, hearing.standing.now
    row = _agreement_of(hearing, said)
    told = next((one for one in tx.recalls.recipients(said.recall) if one.agreement == row.id), None)
    if told is None or told.party != peer.key or told.state is State.BY_HAND:
        raise NotAgreed(f"an answer to a recall {said.recall[:12]} that they were not told of")
    after = answered(told.state, said.state)
    if after is told.state:
        return Arrival()
    tx.recalls.put_recipient(msgspec.structs.replace(told, state=after, since=now))
    return Arrival(notes=(f"{peer.name} answered the recall {said.recall[:12]}: {after}",))


def follow_up(tx: Transaction, standing: Standing, allowed: timedelta) -> int:
    """Answer anew those recalls that were passed on, where those it was passed to have answered or are overdue; how
    many answers changed. `allowed` is how long they may take."""
    changed = 0
    open_ = tx.recalls.passed_on()
    passed = [one for one in tx.recalls.all() if one.cause_party is not None] if open_ else []
    for heard in open_:
        caused = [one.id for one in passed if (one.cause_party, one.cause_recall) == (heard.party, heard.recall)]
        told = [recipient for one in caused for recipient in tx.recalls.recipients(one)]
        answer = states.passed_on(
            [(one.state, is_overdue(one.state, one.since, standing.now, allowed)) for one in told]
        )
        if answer is not heard.state and answer is not Answer.PASSED_ON:
            tx.recalls.put_heard(msgspec.structs.replace(heard, state=answer, channel="", sequence=0))
            changed += 1
    return changed


# --- the pieces ------------------------------------------------------------------------------------------------


def _agreement_of(hearing: Hearing, said: message.Recall | message.RecallLift | message.RecallAnswer) -> AgreementRow:
    """The agreement that something is said about, if it came in its channel or, on the record, in the party's."""
    row = with_peer(hearing.tx, hearing.peer, said.agreement)
    party = party_channel(hearing.standing.us.key, hearing.peer.key)
    allowed = {row.id, party} if is_on_record(row) else {row.id}
    if hearing.delivery.channel not in allowed:
        raise NotAgreed("what is said of recalls travels in the channel of its agreement, or in the party channel")
    return row


def _check_signed(hearing: Hearing, row: AgreementRow, said: message.Recall | message.RecallLift) -> None:
    if not is_on_record(row):
        if said.signatures is not None:
            raise BadSignature("a recall under an agreement off the record bears a signature")
        return
    if said.signatures is None:
        raise BadSignature("a recall under an agreement on the record bears no signature")
    verify, statement, signatures = verify_lift, said.statement, said.signatures
    if isinstance(said, message.Recall):
        verify = verify_recall
    # Signed when it was first said: an envelope that is sealed again keeps what it says.
    by_any_keys(hearing.peer.card, lambda keys: verify(keys, statement, signatures))


def _check_room(hearing: Hearing, ids: int = 0) -> None:
    since = hearing.standing.now - DAY
    if hearing.tx.recalls.heard_since(hearing.peer.key, since) >= MOST_A_DAY:
        raise LimitExceeded(f"a recall was not carried out: {MOST_A_DAY} came from this counterpart today before it")
    named = hearing.tx.recalls.heard_ids_since(hearing.peer.key, since)
    if named + ids > MOST_IDS_A_DAY:
        raise LimitExceeded(
            f"a recall was not carried out: {named} objects were recalled by this counterpart today before it"
        )


def _refused(hearing: Hearing, row: AgreementRow, said: message.Recall, error: CounterpartError) -> Arrival:
    """On record for our officer; they are told that it was refused, and not why."""
    tx, delivery = hearing.tx, hearing.delivery
    tx.channels.add_refusals([refusal(delivery, delivery.envelope, error.code, str(error))])
    channel = ours.channel_for(hearing.standing, hearing.peer, row)
    # One envelope holds many recalls, and each answer would be an envelope that is kept until its receipt.
    answered = tx.channels.refused_on_day(hearing.peer.key, hearing.standing.now) <= MOST_A_DAY
    if channel is not None and answered:
        answer = message.RecallAnswer(said.recall, row.id, Answer.REFUSED)
        post(hearing.tx, hearing.standing.us, hearing.peer, channel, [answer])
    return Arrival(refused=1, notes=(f"{hearing.peer.name}: a recall was refused: {error}",))


def _waits(hearing: Hearing, known: HeardRecall) -> bool:
    """Whether our answer is sealed, and waits for its receipt."""
    return known.sequence > hearing.tx.channels.state(known.channel, known.party).acknowledged


def _carry_out(hearing: Hearing, row: AgreementRow, said: message.Recall) -> Arrival:
    tx, peer, now = hearing.tx, hearing.peer, hearing.standing.now
    given = tx.recalls.received_among(row.id, said.ids)
    never = [one for one in said.ids if one not in given]
    tx.channels.add_refusals(
        refusal(hearing.delivery, one, "recall", "recalled, but it never came under this agreement: nothing was done")
        for one in never
    )
    theirs = _accepted_from(hearing, given)
    withdrawn = tx.retention.withdraw(peer.key, given, Going(Cause.RECALL, now, said.recall))
    heard = HeardRecall(
        party=peer.key,
        recall=said.recall,
        agreement=row.id,
        reason=said.reason,
        heard_at=now,
        state=Answer.WITHDRAWN,
        withdrawn=withdrawn,
    )
    tx.recalls.put_heard(heard, sorted(given))
    consenting.withdraw(tx, given, now, giver=peer.key)
    enter_recall(tx, hearing.standing.us, row, said.statement)
    passed = sum(_pass_on(hearing, heard, one) for one in sorted(theirs))
    if passed:
        tx.recalls.put_heard(msgspec.structs.replace(heard, state=Answer.PASSED_ON))
    note = f"{peer.name} recalled what it gave ({said.recall[:12]}); object versions withdrawn: {withdrawn}"
    return Arrival(refused=len(never), notes=(f"{note}, recipients told: {passed}" if passed else note,))


def _accepted_from(hearing: Hearing, given: set[str]) -> set[str]:
    """Of what a counterpart gave, that which we may have passed on as its own: it was accepted, and not only after it
    crossed last. Else what crossed came from somebody else, who alone can recall it."""
    tx, party = hearing.tx, hearing.peer.key
    agreements = [row.id for row in tx.agreements.all() if row.party == party]
    crossed = tx.recalls.crossed_since_received(agreements, given)
    known = tx.holdings.known(crossed, ())
    held = {one for one, found in known.items() if any(each.source == party for each in found)}
    gone = {one for one in crossed - held if any(stone.source == party for stone in tx.retention.tombstones(one))}
    return held | gone


def _pass_on(hearing: Hearing, heard: HeardRecall, object_id: str) -> int:
    """Recall it from those we released it to; how many. What is here from elsewhere too is not theirs to recall."""
    tx = hearing.tx
    if tx.holdings.known([object_id], ()) or not tx.recalls.crossings([object_id]):
        return 0
    before = ours.standing_recall(tx, object_id)
    if before is not None:
        # Told already: it crossed to us under two agreements, and each has its recall.
        same = (before.cause_party, before.cause_recall) == (heard.party, heard.recall)
        return len(tx.recalls.recipients(before.id)) if same else 0
    return len(ours.recall(tx, hearing.standing, object_id, PASSED_ON, heard).recipients)
