"""Agreeing, through messages: every transition there is, on both sides, whatever crosses."""

from collections.abc import Callable

import msgspec
import pytest

from backchannel.core.agreement import TRANSITIONS, Event, State
from backchannel.core.terms import canonical, terms_id
from backchannel.errors import BadTerms, DiskFull, WrongState
from backchannel.flow import agree
from backchannel.flow.record import channel_secrets, signed_of, state_now
from backchannel.protocol.crypto import encapsulate
from backchannel.protocol.handshake import party_channel
from backchannel.protocol.message import Acceptance, Decline, Proposal
from backchannel.protocol.signing import sign_terms, verify_terms
from exchange import DAY, Side, agreed, carry, following, settle, terms_for

Pair = tuple[Side, Side]
Three = tuple[Side, Side, Side]


def proposed(one: Side, other: Side) -> str:
    """A proposal that arrived."""
    identifier = one.propose(other, terms_for(one, other)).id
    carry(one, other)
    return identifier


def test_a_proposal_is_kept_for_the_officer_and_accepted_by_both_signatures(pair: Pair) -> None:
    lab, vendor = pair
    identifier = proposed(lab, vendor)
    assert (lab.state(identifier), vendor.state(identifier)) == ("offered", "proposed")
    assert (lab.row(identifier).proposed_by_us, vendor.row(identifier).proposed_by_us) == (True, False)
    vendor.accept(identifier)
    assert lab.state(identifier) == "offered"
    carry(vendor, lab)
    for side in pair:
        row = side.row(identifier)
        assert row.state == "in force"
        assert row.id == row.version == terms_id(row.terms)
        signatures = signed_of(row).by
        assert signatures.keys() == {lab.key, vendor.key}
        for signer in pair:
            verify_terms(signer.keys.card.keys, row.terms, signatures[signer.key])


def test_both_ends_derive_the_same_secrets_and_nobody_else_does(three: Three) -> None:
    lab, vendor, mallory = three
    first, second = agreed(lab, vendor), agreed(lab, mallory)
    ours, theirs = channel_secrets(lab.row(first)), channel_secrets(vendor.row(first))
    assert ours is not None
    assert theirs is not None
    assert (ours.channel, theirs.channel) == (first, first)
    assert ours.send == theirs.receive
    assert ours.receive == theirs.send
    assert ours.send.mailbox != ours.receive.mailbox
    other = channel_secrets(lab.row(second))
    assert other is not None
    secrets = {one.mailbox for direction in (ours, other) for one in (direction.send, direction.receive)}
    assert len(secrets) == 4


def test_a_proposal_has_no_channel_before_it_is_accepted(pair: Pair) -> None:
    lab, vendor = pair
    identifier = proposed(lab, vendor)
    assert channel_secrets(lab.row(identifier)) is None
    assert channel_secrets(vendor.row(identifier)) is None


def test_the_same_terms_are_not_proposed_twice(pair: Pair) -> None:
    lab, vendor = pair
    identifier = lab.propose(vendor, terms_for(lab, vendor)).id
    with pytest.raises(WrongState, match=f"proposed before, as {identifier[:12]}"):
        lab.propose(vendor, terms_for(lab, vendor))
    assert len(lab.sealed(vendor)) == 1


# --- every transition, reached through messages ------------------------------------------------------------------


def _we_propose(lab: Side, vendor: Side) -> tuple[Side, str]:
    return lab, proposed(lab, vendor)


def _they_propose(lab: Side, vendor: Side) -> tuple[Side, str]:
    return vendor, proposed(lab, vendor)


def _alone(lab: Side, _vendor: Side) -> tuple[Side, str]:
    guest = lab.welcome("Birch Desk")
    return lab, lab.put_in_force(guest, terms_for(lab, guest)).id


def _accepted(lab: Side, vendor: Side) -> tuple[Side, str]:
    identifier = proposed(lab, vendor)
    vendor.accept(identifier)
    carry(vendor, lab)
    return lab, identifier


def _declined(lab: Side, vendor: Side) -> tuple[Side, str]:
    identifier = proposed(lab, vendor)
    vendor.decline(identifier)
    carry(vendor, lab)
    return lab, identifier


def _withdrawn(lab: Side, vendor: Side) -> tuple[Side, str]:
    identifier = proposed(lab, vendor)
    lab.decline(identifier)
    return lab, identifier


def _offer_expires(lab: Side, vendor: Side) -> tuple[Side, str]:
    identifier = proposed(lab, vendor)
    lab.now += 365 * DAY
    return lab, identifier


def _we_accept(lab: Side, vendor: Side) -> tuple[Side, str]:
    identifier = proposed(lab, vendor)
    vendor.accept(identifier)
    return vendor, identifier


def _we_decline(lab: Side, vendor: Side) -> tuple[Side, str]:
    identifier = proposed(lab, vendor)
    vendor.decline(identifier)
    return vendor, identifier


def _they_withdraw(lab: Side, vendor: Side) -> tuple[Side, str]:
    identifier = proposed(lab, vendor)
    lab.decline(identifier)
    carry(lab, vendor)
    return vendor, identifier


def _proposal_expires(lab: Side, vendor: Side) -> tuple[Side, str]:
    identifier = proposed(lab, vendor)
    vendor.now += 365 * DAY
    return vendor, identifier


def _amend(lab: Side, vendor: Side) -> tuple[Side, str]:
    identifier = agreed(lab, vendor)
    lab.amend(identifier, following(lab.row(identifier), depth=1))
    return lab, identifier


def _end(lab: Side, vendor: Side) -> tuple[Side, str]:
    identifier = agreed(lab, vendor)
    lab.end(identifier)
    return lab, identifier


def _they_end(lab: Side, vendor: Side) -> tuple[Side, str]:
    identifier = agreed(lab, vendor)
    lab.end(identifier)
    carry(lab, vendor)
    return vendor, identifier


def _they_withdraw_what_we_accept(lab: Side, vendor: Side) -> tuple[Side, str]:
    identifier = proposed(lab, vendor)
    vendor.accept(identifier)
    lab.decline(identifier)
    carry(lab, vendor)
    return vendor, identifier


def _agreement_expires(lab: Side, vendor: Side) -> tuple[Side, str]:
    identifier = agreed(lab, vendor)
    lab.now += 365 * DAY
    return lab, identifier


WAYS: dict[tuple[State, Event], Callable[[Side, Side], tuple[Side, str]]] = {
    (State.DRAFT, Event.PROPOSE): _we_propose,
    (State.DRAFT, Event.PROPOSED): _they_propose,
    (State.DRAFT, Event.SIGN_ALONE): _alone,
    (State.OFFERED, Event.ACCEPTED): _accepted,
    (State.OFFERED, Event.DECLINED): _declined,
    (State.OFFERED, Event.WITHDRAW): _withdrawn,
    (State.OFFERED, Event.EXPIRE): _offer_expires,
    (State.PROPOSED, Event.ACCEPT): _we_accept,
    (State.PROPOSED, Event.DECLINE): _we_decline,
    (State.PROPOSED, Event.WITHDRAWN): _they_withdraw,
    (State.PROPOSED, Event.EXPIRE): _proposal_expires,
    (State.IN_FORCE, Event.AMEND): _amend,
    (State.IN_FORCE, Event.END): _end,
    (State.IN_FORCE, Event.ENDED): _they_end,
    (State.IN_FORCE, Event.WITHDRAWN): _they_withdraw_what_we_accept,
    (State.IN_FORCE, Event.EXPIRE): _agreement_expires,
}


def test_every_transition_there_is_has_a_way_to_it_here() -> None:
    assert WAYS.keys() == TRANSITIONS.keys()


@pytest.mark.parametrize("transition", WAYS, ids=lambda one: "-".join(one))
def test_a_transition_leads_where_the_table_says(pair: Pair, transition: tuple[State, Event]) -> None:
    side, identifier = WAYS[transition](*pair)
    assert state_now(side.row(identifier), side.now) is TRANSITIONS[transition]


STEPS: dict[str, Callable[[Side, str], object]] = {
    "accept": Side.accept,
    "decline": Side.decline,
    "end": Side.end,
    "amend": lambda side, identifier: side.amend(identifier, following(side.row(identifier), depth=1)),
}
POSSIBLE = {
    (State.OFFERED, "decline"),
    (State.PROPOSED, "accept"),
    (State.PROPOSED, "decline"),
    (State.IN_FORCE, "end"),
    (State.IN_FORCE, "amend"),
}
REACHED = {State.IN_FORCE: (0, agreed)}
REACHED |= {TRANSITIONS[key]: (None, way) for key, way in WAYS.items() if TRANSITIONS[key] is not State.IN_FORCE}


@pytest.mark.parametrize("state", REACHED)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_the_state_does_not_allow_changes_nothing_and_says_so(
    pair: Pair, state: State, step: str
) -> None:
    which, way = REACHED[state]
    reached = way(*pair)
    side, identifier = (pair[which], reached) if which is not None else reached
    assert state_now(side.row(identifier), side.now) is state
    before, sealed = side.row(identifier), len(side.outbox(pair[side is pair[0]]))
    if (state, step) in POSSIBLE:
        STEPS[step](side, identifier)
        assert side.row(identifier) != before
        assert len(side.outbox(pair[side is pair[0]])) == sealed + 1
        return
    with pytest.raises(WrongState, match=f"the agreement is {state.shown}, so it cannot be"):
        STEPS[step](side, identifier)
    assert side.row(identifier) == before
    assert len(side.outbox(pair[side is pair[0]])) == sealed


def test_what_is_over_by_the_calendar_cannot_be_accepted_or_released_into_being(pair: Pair) -> None:
    lab, vendor = pair
    identifier = proposed(lab, vendor)
    vendor.accept(identifier)
    lab.now += 365 * DAY
    assert carry(vendor, lab).refused == 1
    assert lab.rules_broken() == ["wrong-state"]
    assert channel_secrets(lab.row(identifier)) is None


# --- messages that cross -----------------------------------------------------------------------------------------


def test_both_decline_and_withdraw_at_once_and_the_proposal_is_dead_on_both_sides(pair: Pair) -> None:
    lab, vendor = pair
    identifier = proposed(lab, vendor)
    lab.decline(identifier)
    vendor.decline(identifier)
    settle(lab, vendor)
    assert (lab.state(identifier), vendor.state(identifier)) == ("withdrawn", "declined")


def test_a_withdrawal_that_crosses_the_acceptance_wins(pair: Pair) -> None:
    lab, vendor = pair
    identifier = proposed(lab, vendor)
    vendor.accept(identifier)
    lab.decline(identifier)
    settle(lab, vendor)
    assert (lab.state(identifier), vendor.state(identifier)) == ("withdrawn", "ended")
    assert channel_secrets(lab.row(identifier)) is None


def test_both_propose_at_once_and_have_two_proposals(pair: Pair) -> None:
    lab, vendor = pair
    one = lab.propose(vendor, terms_for(lab, vendor)).id
    other = vendor.propose(lab, terms_for(vendor, lab)).id
    settle(lab, vendor)
    assert one != other
    assert {row.id: str(row.state) for row in lab.rows()} == {one: "offered", other: "proposed"}
    assert {row.id: str(row.state) for row in vendor.rows()} == {one: "proposed", other: "offered"}


# --- what a counterpart may not do -------------------------------------------------------------------------------


def proposal(sender: Side, receiver: Side, document: bytes, **wrong: object) -> Proposal:
    signatures = sign_terms(sender.keys.private, document)
    said = Proposal(msgspec.Raw(document), signatures, encapsulate(receiver.keys.card.keys).ciphertext)
    return msgspec.structs.replace(said, **wrong)


def say(sender: Side, receiver: Side, *messages: object) -> None:
    sender.say(receiver, party_channel(sender.key, receiver.key), *messages)
    carry(sender, receiver)


def test_a_proposal_must_name_its_sender_as_proposer_and_us_as_accepter(three: Three) -> None:
    lab, vendor, mallory = three
    for proposer, accepter in ((vendor, lab), (lab, mallory), (mallory, vendor)):
        say(mallory, lab, proposal(mallory, lab, canonical(terms_for(proposer, accepter))))
    assert lab.rows() == []
    assert lab.rules_broken() == ["not-agreed"] * 3


def test_a_proposal_with_somebody_elses_signatures_is_refused(three: Three) -> None:
    lab, vendor, mallory = three
    document = canonical(terms_for(mallory, lab))
    say(mallory, lab, proposal(mallory, lab, document, signatures=sign_terms(vendor.keys.private, document)))
    assert lab.rows() == []
    assert lab.rules_broken() == ["bad-signature"]


def test_a_proposal_that_terms_may_not_say_is_refused(pair: Pair) -> None:
    lab, vendor = pair
    document = canonical(terms_for(vendor, lab, "Predator", "Predator"))
    say(vendor, lab, proposal(vendor, lab, document))
    assert lab.rows() == []
    assert lab.rules_broken() == [BadTerms.code]


def test_a_proposal_that_comes_again_changes_nothing_whatever_became_of_it(pair: Pair) -> None:
    lab, vendor = pair
    document = canonical(terms_for(vendor, lab))
    say(vendor, lab, proposal(vendor, lab, document))
    (row,) = lab.rows()
    lab.accept(row.id)
    before = lab.row(row.id)
    say(vendor, lab, proposal(vendor, lab, document))
    assert lab.row(row.id) == before
    assert lab.rules_broken() == ["not-agreed"]


def acceptance(signer: Side, receiver: Side, identifier: str, **wrong: object) -> Acceptance:
    document = receiver.row(identifier).terms
    signatures = sign_terms(signer.keys.private, document)
    said = Acceptance(identifier, identifier, signatures, encapsulate(receiver.keys.card.keys).ciphertext)
    return msgspec.structs.replace(said, **wrong)


def test_a_third_party_changes_nothing_about_an_agreement_it_is_not_in(three: Three) -> None:
    lab, vendor, mallory = three
    offered = proposed(lab, vendor)
    inforce = agreed(lab, vendor, "Pegasus")
    before = {row.id: row for row in lab.rows()}
    say(mallory, lab, acceptance(mallory, lab, offered))
    say(mallory, lab, acceptance(vendor, lab, offered))
    say(mallory, lab, Decline(offered, offered))
    say(mallory, lab, Decline(inforce, inforce))
    assert {row.id: row for row in lab.rows()} == before
    assert lab.rules_broken() == ["not-agreed"] * 4
    assert {one.message for one in lab.refusals()} == {
        f"there is no agreement {identifier[:12]} with this counterpart" for identifier in (offered, inforce)
    }


def test_an_acceptance_signed_by_another_is_refused(three: Three) -> None:
    lab, vendor, mallory = three
    identifier = proposed(lab, vendor)
    say(vendor, lab, acceptance(mallory, lab, identifier))
    assert lab.state(identifier) == "offered"
    assert lab.rules_broken() == ["bad-signature"]


def test_an_acceptance_of_other_terms_is_refused(pair: Pair) -> None:
    lab, vendor = pair
    identifier = proposed(lab, vendor)
    say(vendor, lab, acceptance(vendor, lab, identifier, version="0" * 64))
    assert lab.state(identifier) == "offered"
    assert lab.rules_broken() == ["not-agreed"]


def test_an_acceptance_with_a_broken_ciphertext_does_not_put_anything_in_force(pair: Pair) -> None:
    lab, vendor = pair
    identifier = proposed(lab, vendor)
    say(vendor, lab, acceptance(vendor, lab, identifier, kem=b"short"))
    assert lab.state(identifier) == "offered"
    assert channel_secrets(lab.row(identifier)) is None
    assert len(lab.rules_broken()) == 1


def test_a_counterpart_cannot_accept_its_own_proposal_for_us(pair: Pair) -> None:
    lab, vendor = pair
    identifier = proposed(vendor, lab)
    say(vendor, lab, acceptance(vendor, lab, identifier))
    assert lab.state(identifier) == "proposed"
    assert lab.rules_broken() == ["wrong-state"]


def test_a_refused_message_costs_only_itself_and_the_next_is_heard(pair: Pair) -> None:
    lab, vendor = pair
    identifier = proposed(lab, vendor)
    say(vendor, lab, acceptance(vendor, lab, identifier, version="0" * 64))
    vendor.accept(identifier)
    carry(vendor, lab)
    assert lab.state(identifier) == "in force"


def test_nothing_is_kept_of_a_step_that_fails_half_way(pair: Pair) -> None:
    lab, vendor = pair
    identifier = proposed(lab, vendor)
    before = vendor.row(identifier)

    def accept_on_a_full_disk() -> None:
        with vendor.db.write() as tx:
            agree.accept(tx, vendor.standing, vendor.peers[lab.key], before)
            raise DiskFull("at the commit")

    with pytest.raises(DiskFull):
        accept_on_a_full_disk()
    assert vendor.row(identifier) == before
    assert vendor.sealed(lab) == []
