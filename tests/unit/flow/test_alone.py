"""An agreement with a guest: our signature alone, nothing told to anybody, and nobody else who changes it."""

from collections.abc import Callable

import msgspec
import pytest

from backchannel.core.agreement import State
from backchannel.core.terms import Parties, canonical, terms_id
from backchannel.errors import BadTerms, NotAgreed, WrongState
from backchannel.flow import alone
from backchannel.flow.parties import Guest
from backchannel.flow.record import channel_secrets, signed_of, state_now
from backchannel.protocol import message
from backchannel.protocol.crypto import encapsulate
from backchannel.protocol.handshake import party_channel
from backchannel.protocol.signing import sign_ending, sign_terms, verify_terms
from exchange import DAY, Side, agreed, carry, following, terms_for

Pair = tuple[Side, Side]
AT = "2026-11-22T20:31:00.000Z"


def welcomed(lab: Side) -> tuple[Guest, str]:
    """A guest, and an agreement with it."""
    guest = lab.welcome("Birch Desk")
    return guest, lab.put_in_force(guest, terms_for(lab, guest)).id


def amended(lab: Side, identifier: str, **changes: object) -> tuple[list[str], list[str]]:
    """New terms for an agreement with a guest; what they narrow and what they widen."""
    row = lab.row(identifier)
    with lab.db.write() as tx:
        change = alone.amend(tx, lab.standing, row, following(row, **changes))[1]
    return change.narrowed, change.widened


def ended(lab: Side, identifier: str) -> None:
    row = lab.row(identifier)
    with lab.db.write() as tx:
        alone.end(tx, lab.standing, row)


def test_terms_with_a_guest_are_in_force_by_our_signature_and_nobody_elses(pair: Pair) -> None:
    lab, _ = pair
    guest, identifier = welcomed(lab)
    row = lab.row(identifier)
    assert (row.state, row.party, row.id, row.version) == ("in force", guest.key, terms_id(row.terms), row.id)
    signatures = signed_of(row).by
    assert signatures.keys() == {lab.key}
    verify_terms(lab.keys.card.keys, row.terms, signatures[lab.key])


def test_nothing_is_told_to_a_guest_and_there_is_no_channel_with_it(pair: Pair) -> None:
    lab, _ = pair
    guest, identifier = welcomed(lab)
    amended(lab, identifier, depth=3)
    ended(lab, identifier)
    with lab.db.read() as tx:
        assert tx.channels.outbox(guest.key) == []
        for channel in (identifier, party_channel(lab.key, guest.key)):
            assert tx.channels.state(channel, guest.key).sent == 0
    assert channel_secrets(lab.row(identifier)) is None


def test_the_same_terms_are_not_signed_twice(pair: Pair) -> None:
    lab, _ = pair
    guest, identifier = welcomed(lab)
    with pytest.raises(WrongState, match=f"proposed before, as {identifier[:12]}"):
        lab.put_in_force(guest, terms_for(lab, guest))


@pytest.mark.parametrize(("depth", "narrowed", "widened"), [(1, 1, 0), (3, 0, 1)])
def test_new_terms_with_a_guest_are_in_force_at_once(pair: Pair, depth: int, narrowed: int, widened: int) -> None:
    lab, _ = pair
    _, identifier = welcomed(lab)
    before = lab.row(identifier)
    assert tuple(map(len, amended(lab, identifier, depth=depth))) == (narrowed, widened)
    after = lab.row(identifier)
    assert (lab.terms(identifier).scope.depth, after.pending) == (depth, None)
    assert (after.id, lab.terms(identifier).predecessor) == (identifier, before.version)
    assert after.version == terms_id(after.terms) != before.version
    verify_terms(lab.keys.card.keys, after.terms, signed_of(after).by[lab.key])
    assert signed_of(after).by.keys() == {lab.key}


def test_new_terms_that_say_the_same_are_none(pair: Pair) -> None:
    lab, _ = pair
    with pytest.raises(BadTerms, match="say the same"):
        amended(lab, welcomed(lab)[1])


def test_what_is_over_with_a_guest_is_neither_amended_nor_ended(pair: Pair) -> None:
    lab, _ = pair
    _, identifier = welcomed(lab)
    ended(lab, identifier)
    assert lab.state(identifier) == "ended"
    with pytest.raises(WrongState, match="the agreement is ended, so it cannot be amended"):
        amended(lab, identifier, depth=3)
    with pytest.raises(WrongState, match="the agreement is ended, so it cannot be ended"):
        ended(lab, identifier)


def test_an_agreement_with_a_guest_expires_like_any_other(pair: Pair) -> None:
    lab, _ = pair
    _, identifier = welcomed(lab)
    lab.now += 365 * DAY
    assert state_now(lab.row(identifier), lab.now) is State.EXPIRED
    with pytest.raises(WrongState, match="expired"):
        amended(lab, identifier, depth=1)


# --- nobody speaks for a guest ---------------------------------------------------------------------------------


def amendment(lab: Side, vendor: Side, identifier: str) -> message.Amendment:
    document = canonical(following(lab.row(identifier), depth=1))
    return message.Amendment(identifier, msgspec.Raw(document), sign_terms(vendor.keys.private, document))


def acceptance(lab: Side, vendor: Side, identifier: str) -> message.Acceptance:
    signatures = sign_terms(vendor.keys.private, lab.row(identifier).terms)
    return message.Acceptance(identifier, identifier, signatures, encapsulate(lab.keys.card.keys).ciphertext)


def ending(_lab: Side, vendor: Side, identifier: str) -> message.Ending:
    return message.Ending(identifier, AT, sign_ending(vendor.keys.private, identifier, AT))


SAID: dict[str, Callable[[Side, Side, str], message.AnyMessage]] = {
    "an amendment": amendment,
    "an acceptance": acceptance,
    "an ending": ending,
    "a withdrawal": lambda _lab, _vendor, identifier: message.Decline(identifier, identifier),
    "an acceptance of new terms": lambda lab, vendor, identifier: message.AmendmentAcceptance(
        identifier, identifier, sign_terms(vendor.keys.private, lab.row(identifier).terms)
    ),
}


@pytest.mark.parametrize("said", SAID)
def test_nobody_changes_an_agreement_with_a_guest_by_a_message(pair: Pair, said: str) -> None:
    lab, vendor = pair
    _, identifier = welcomed(lab)
    before = lab.row(identifier)
    vendor.say(lab, party_channel(lab.key, vendor.key), SAID[said](lab, vendor, identifier))
    assert carry(vendor, lab).refused == 1
    assert lab.rules_broken() == ["not-agreed"]
    assert lab.row(identifier) == before


def test_nobody_can_propose_in_a_guests_name(pair: Pair) -> None:
    lab, vendor = pair
    guest = lab.welcome("Birch Desk")
    terms = msgspec.structs.replace(terms_for(vendor, lab), parties=Parties(guest.key, lab.key))
    document = canonical(terms)
    signatures = sign_terms(vendor.keys.private, document)
    said = message.Proposal(msgspec.Raw(document), signatures, encapsulate(lab.keys.card.keys).ciphertext)
    vendor.say(lab, party_channel(lab.key, vendor.key), said)
    assert carry(vendor, lab).refused == 1
    assert (lab.rows(), lab.rules_broken()) == ([], ["not-agreed"])


def test_nobody_can_release_under_an_agreement_with_a_guest(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    _, with_guest = welcomed(lab)
    vendor.say(lab, identifier, message.Release(identifier, ()))
    (item,) = [one for one in vendor.sealed(lab) if one.channel == identifier]
    with pytest.raises(NotAgreed, match="no agreement with this counterpart"):
        lab.receive(vendor, with_guest, item.data)
    assert lab.state(identifier) == "in force"
