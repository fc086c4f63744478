"""A counterpart's new card: what is taken over, what is refused, and what happens to what waits for it."""

from datetime import timedelta

import msgspec
import pytest

from backchannel.core.terms import Quota, Record
from backchannel.errors import NotAgreed, ReplacedKeys, WrongState
from backchannel.flow import cards, ledger, witness
from backchannel.flow.agree import on_proposal
from backchannel.flow.hearing import Hearing
from backchannel.flow.keep import Delivery
from backchannel.flow.parties import Peer
from backchannel.flow.ports_cards import OwnCard, Rekeyed
from backchannel.flow.ports_channels import OFFERED
from backchannel.protocol import message
from backchannel.protocol.card import make_card, read_card
from backchannel.protocol.envelope import parse
from backchannel.protocol.handshake import party_channel
from backchannel.protocol.keys import PrivateKeys
from backchannel.protocol.ledger import Kind
from backchannel.protocol.succession import History, succeed
from exchange import DAY, Side, agreed, carry, opened, settle, terms_for
from two_parties import LAB, MALLORY, NOW, PIN, VENDOR, seeds
from vetting_world import indicator, link, threat

Pair = tuple[Side, Side]
STORY = [threat(), indicator("h1.example"), link(indicator("h1.example"), threat())]
NOTHING = message.Decline("ab" * 32, "cd" * 32)


def card_of(private: PrivateKeys, name: str = VENDOR.card.name, history: History | None = None) -> bytes:
    return make_card(private, name, VENDOR.card.endpoints, PIN, NOW, history)


def next_card(name: str = VENDOR.card.name) -> bytes:
    """The Vendor's card of epoch 2."""
    return card_of(VENDOR.private.rotated(seeds("vendor 2"), NOW), name)


def told(lab: Side, vendor: Side, card: bytes) -> None:
    """The Vendor tells the Lab of a card, whatever it is."""
    vendor.say(lab, party_channel(lab.key, vendor.key), message.Card(msgspec.Raw(card)))
    carry(vendor, lab)


def held(lab: Side, vendor: Side) -> Peer:
    with lab.db.read() as tx:
        return cards.current(tx, lab.peers[vendor.key])


def issued(side: Side, private: PrivateKeys, history: History | None = None) -> None:
    """A party issues a card with these keys, as its node does."""
    name = side.keys.card.name
    data = make_card(private, name, side.keys.card.endpoints, PIN, NOW, history)
    with side.db.write() as tx:
        peers = [cards.current(tx, one) for one in side.peers.values()]
        own = OwnCard(private.newest_sealing.epoch, private.generation, data, side.now)
        cards.issue(tx, side.us, peers, own)
        side.us = msgspec.structs.replace(side.us, private=private, card=read_card(data))
        for peer in peers:
            cards.sign_outbox_again(tx, side.us, peer)


def rotated(side: Side) -> None:
    issued(side, side.us.private.rotated(seeds(f"{side.key} {side.us.card.sealing.epoch}"), side.now))


def rekeyed(side: Side) -> None:
    before = side.us.private
    after = before.succeeded(side.key, seeds(f"{side.key} keys"), side.now)
    issued(side, after, succeed(before, after, None, side.now))


def by_hand(lab: Side, vendor: Side) -> None:
    """The Lab's officer enrols the Vendor's newest card before the channel tells of it."""
    with vendor.db.read() as theirs:
        own = theirs.cards.own()
    assert own
    with lab.db.write() as tx:
        before = cards.current(tx, lab.peers[vendor.key])
        after = Peer(msgspec.structs.replace(before.party, card=own.card), vendor.us.card)
        cards.replace(tx, lab.standing, after, before=before)


# --- what is taken over ----------------------------------------------------------------------------------------


def test_a_new_card_takes_the_place_of_the_old_one_and_the_party_stays_verified(pair: Pair) -> None:
    lab, vendor = pair
    with lab.db.write() as tx:
        tx.agreements.put_party(msgspec.structs.replace(lab.peers[vendor.key].party, verified=True))
    told(lab, vendor, next_card())
    now = held(lab, vendor)
    assert now.card.sealing.epoch == 2
    assert now.party.verified
    assert lab.refusals() == []


def test_a_new_pin_and_new_endpoints_come_with_a_card(pair: Pair) -> None:
    lab, vendor = pair
    private = VENDOR.private.rotated(seeds("vendor 2"), NOW)
    told(lab, vendor, make_card(private, VENDOR.card.name, ("https://new.example:1",), "ab" * 32, NOW))
    card = held(lab, vendor).card
    assert (card.tls_pin, card.endpoints) == ("ab" * 32, ("https://new.example:1",))


def test_the_same_card_again_changes_nothing(pair: Pair) -> None:
    lab, vendor = pair
    card = next_card()
    told(lab, vendor, card)
    told(lab, vendor, card)
    assert lab.refusals() == []
    assert held(lab, vendor).party.card == card


def test_what_waits_for_the_counterpart_is_sealed_again_in_every_channel(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    lab.holds(STORY)
    lab.release(agreement)
    lab.say(vendor, party_channel(lab.key, vendor.key), NOTHING)
    before = {(one.channel, one.sequence): one for one in lab.outbox(vendor) if not one.answer}
    assert len(before) == 2
    told(lab, vendor, next_card())
    for one in lab.outbox(vendor):
        if (one.channel, one.sequence) in before:
            assert parse(one.data).header.epoch == 2
            assert one.digest == parse(one.data).digest == before[one.channel, one.sequence].digest


@pytest.mark.parametrize("old_first", [True, False])
def test_whichever_copy_of_an_envelope_arrives_first_the_other_is_a_duplicate(pair: Pair, old_first: bool) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    lab.holds(STORY)
    lab.release(agreement)
    old = next(one.data for one in lab.sealed(vendor) if one.channel == agreement)
    rotated(vendor)
    carry(vendor, lab)
    new = next(one.data for one in lab.sealed(vendor) if one.channel == agreement)
    assert (parse(old).header.epoch, parse(new).header.epoch) == (1, 2)
    arrivals = [vendor.receive(lab, agreement, data) for data in ((old, new) if old_first else (new, old))]
    assert [one.duplicate for one in arrivals] == [False, True]
    settle(lab, vendor)
    assert vendor.refusals() == []


def test_what_was_offered_still_counts_as_offered_when_it_is_sealed_again(pair: Pair) -> None:
    """It may have left, and ending the agreement must not take it back and use its number again."""
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    lab.holds(STORY)
    lab.release(agreement)
    (item,) = [one for one in lab.sealed(vendor) if one.channel == agreement]
    lab.carried(item)
    told(lab, vendor, next_card())
    (again,) = [one for one in lab.outbox(vendor) if one.channel == agreement and not one.answer]
    assert again.carried_at == OFFERED
    with lab.db.write() as tx:
        assert tx.channels.take_unsent(agreement) == []


def test_off_the_record_what_waits_is_sealed_again_too(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor, record=Record(mode="off"))
    lab.holds(STORY)
    lab.release(agreement)
    rotated(vendor)
    rekeyed(lab)
    settle(lab, vendor)
    assert {one.object_id for one in vendor.inbox()} == {one.id for one in STORY}
    assert lab.refusals() == vendor.refusals() == []


# --- what is refused -------------------------------------------------------------------------------------------


def test_a_card_of_a_lower_epoch_is_refused(pair: Pair) -> None:
    lab, vendor = pair
    told(lab, vendor, next_card())
    told(lab, vendor, VENDOR.card_bytes)
    assert lab.rules_broken() == ["stale-card"]
    assert "it is an older card" in lab.refusals()[0].message
    assert held(lab, vendor).card.sealing.epoch == 2


def test_another_card_of_the_same_epoch_is_refused(pair: Pair) -> None:
    lab, vendor = pair
    told(lab, vendor, make_card(VENDOR.private, VENDOR.card.name, (), "ab" * 32, NOW))
    assert lab.rules_broken() == ["stale-card"]
    assert held(lab, vendor).card == VENDOR.card


def test_a_card_of_another_party_in_the_channel_is_refused(pair: Pair) -> None:
    lab, vendor = pair
    for private in (MALLORY.private, LAB.private):
        told(lab, vendor, card_of(private.rotated(seeds("x"), NOW)))
    assert lab.rules_broken() == ["not-agreed", "not-agreed"]
    assert held(lab, vendor).card == VENDOR.card


def test_a_card_with_another_name_is_left_to_the_officers(pair: Pair) -> None:
    lab, vendor = pair
    told(lab, vendor, next_card("Human Rights Lab"))
    assert lab.rules_broken() == ["bad-card"]
    assert held(lab, vendor).name == VENDOR.card.name


def test_a_card_in_the_channel_of_an_agreement_is_refused(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    vendor.say(lab, agreement, message.Card(msgspec.Raw(next_card())))
    carry(vendor, lab)
    assert lab.rules_broken() == ["not-agreed"]


@pytest.mark.parametrize("card", [b"{}", b'{"card":{},"signatures":{}}'])
def test_what_is_no_card_costs_its_sender_that_message_only(pair: Pair, card: bytes) -> None:
    lab, vendor = pair
    told(lab, vendor, card)
    assert lab.rules_broken() == ["bad-card"]
    told(lab, vendor, next_card())
    assert held(lab, vendor).card.sealing.epoch == 2


def test_a_second_succession_in_the_channel_is_refused_and_kept_as_evidence(pair: Pair) -> None:
    lab, vendor = pair
    rekeyed(vendor)
    carry(vendor, lab)
    first = held(lab, vendor).card
    thief = VENDOR.private.succeeded(VENDOR.key, seeds("thief"), NOW).rotated(seeds("more"), NOW)
    told(lab, vendor, card_of(thief, history=succeed(VENDOR.private, thief, None, NOW)))
    assert lab.rules_broken() == ["succession-fork"]
    assert held(lab, vendor).card == first
    with lab.db.read() as tx:
        (kept,) = tx.cards.contested(vendor.key)
    assert read_card(kept.card).former == first.former


# --- new long-term keys ----------------------------------------------------------------------------------------


def test_after_new_keys_the_old_ones_sign_nothing_more(pair: Pair) -> None:
    """Whoever has the old keys can say nothing once the counterpart has the new ones."""
    lab, vendor = pair
    old = vendor.us
    rekeyed(vendor)
    carry(vendor, lab)
    with vendor.db.write() as tx:
        tx.cards.put_own(OwnCard(99, 0, b"", NOW))  # the thief's own store knows nothing of new keys
    vendor.us = old
    with pytest.raises(ReplacedKeys, match="signed with keys number 0, which were replaced"):
        told(lab, vendor, next_card())


def test_an_envelope_of_before_that_comes_again_is_a_duplicate_whoever_signed_it(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    vendor.holds(STORY)
    vendor.release(agreement)
    (old,) = [one.data for one in vendor.sealed(lab) if one.channel == agreement]
    assert not lab.receive(vendor, agreement, old).duplicate
    rekeyed(vendor)
    settle(lab, vendor)
    assert lab.receive(vendor, agreement, old).duplicate
    assert lab.refusals() == []


def test_keys_known_by_hand_before_the_channel_told_of_them_let_the_old_ones_finish(pair: Pair) -> None:
    lab, vendor = pair
    vendor.say(lab, party_channel(lab.key, vendor.key), NOTHING)
    rekeyed(vendor)
    by_hand(lab, vendor)
    carry(vendor, lab)
    assert lab.rules_broken() == ["not-agreed"], "the decline of nothing was heard, and the card is known"
    with lab.db.read() as tx:
        assert tx.cards.rekeyed(vendor.key) == Rekeyed(vendor.key, 1, 1, compared=False, at=NOW)
    settle(lab, vendor)


@pytest.mark.parametrize("what", ["end", "amend"])
def test_what_was_said_of_an_agreement_with_the_old_keys_holds_although_the_new_ones_are_known(
    pair: Pair, what: str
) -> None:
    """An ending that is not heard leaves the other side releasing."""
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    version = lab.row(agreement).version
    if what == "end":
        vendor.end(agreement)
    else:
        narrower = msgspec.structs.replace(
            vendor.terms(agreement), quota=Quota(objects_per_day=1), predecessor=vendor.row(agreement).version
        )
        vendor.amend(agreement, narrower)
    rekeyed(vendor)
    by_hand(lab, vendor)
    carry(vendor, lab)
    assert lab.rules_broken() == []
    assert lab.row(agreement).state == ("ended" if what == "end" else "in force")
    assert (lab.row(agreement).version != version) == (what == "amend")


def test_a_checkpoint_on_its_way_is_held_although_the_new_keys_are_known_by_hand(pair: Pair) -> None:
    lab, vendor = pair
    with vendor.db.write() as tx:
        ledger.enter(tx, vendor.us, Kind.CARD, party=vendor.key, card=bytes(32))
        witness.has_news(tx, lab.key)
        assert witness.show(tx, vendor.standing, vendor.peers[lab.key])
    rekeyed(vendor)
    by_hand(lab, vendor)
    carry(vendor, lab)
    with vendor.db.write() as tx:
        witness.has_news(tx, lab.key)
        assert witness.show(tx, vendor.standing, vendor.peers[lab.key])
    carry(vendor, lab)
    assert lab.rules_broken() == []
    with lab.db.read() as tx, vendor.db.read() as theirs:
        assert tx.ledger.witnessing(vendor.key).held == theirs.ledger.size()


def test_a_message_is_not_signed_with_keys_that_were_replaced_meanwhile(pair: Pair) -> None:
    lab, vendor = pair
    stale = lab.us
    rekeyed(lab)
    lab.us = stale
    with pytest.raises(WrongState, match="our keys were replaced"):
        lab.say(vendor, party_channel(lab.key, vendor.key), NOTHING)


def test_a_proposal_for_keys_that_are_destroyed_is_refused_with_what_to_do(pair: Pair) -> None:
    lab, vendor = pair
    vendor.propose(lab, terms_for(vendor, lab))
    (item,) = vendor.sealed(lab)
    (proposal,) = opened(item, vendor, lab)
    assert isinstance(proposal, message.Proposal)
    rekeyed(lab)
    lab.us = msgspec.structs.replace(lab.us, private=lab.us.private.without_old(NOW + DAY))
    peer = lab.peers[vendor.key]
    delivery = Delivery(peer, item.channel, item.digest, lab.now)
    with lab.db.write() as tx, pytest.raises(NotAgreed, match="made for our keys number 0, which are destroyed"):
        on_proposal(Hearing(tx, lab.standing, lab.services, peer, delivery), proposal)
    assert lab.rows() == []


def test_who_has_our_newest_card_is_known_by_its_receipts(pair: Pair) -> None:
    lab, vendor = pair
    party = party_channel(lab.key, vendor.key)
    rotated(lab)
    with lab.db.read() as tx:
        told_of = tx.cards.told(vendor.key)
        assert told_of
        assert (told_of.epoch, told_of.at) == (2, NOW)
        assert tx.channels.state(party, vendor.key).acknowledged < told_of.sequence
    lab.now += timedelta(minutes=1)
    settle(lab, vendor)
    with lab.db.read() as tx:
        assert tx.channels.state(party, vendor.key).acknowledged >= told_of.sequence


def test_a_receipt_that_waited_while_keys_were_replaced_still_counts(pair: Pair) -> None:
    """It is signed by itself, with the keys of its time, in an envelope that was signed again with the new ones."""
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    lab.holds(STORY)
    lab.release(agreement)
    carry(lab, vendor)
    assert vendor.give_receipts(lab)
    rekeyed(vendor)
    carry(vendor, lab)
    assert [one for one in lab.outbox(vendor) if one.channel == agreement and not one.answer] == []
    assert lab.refusals() == []


def test_every_new_card_is_entered_in_both_ledgers(pair: Pair) -> None:
    lab, vendor = pair
    sizes = []
    for side in pair:
        with side.db.read() as tx:
            sizes.append(tx.ledger.size())
    rotated(vendor)
    with vendor.db.read() as tx:
        assert tx.ledger.size() == sizes[1] + 1, "ours, as it is issued"
    carry(vendor, lab)
    with lab.db.read() as tx:
        assert tx.ledger.size() == sizes[0] + 3, "that an envelope came, the card that it brought, and the outcome"
