"""Key cards over time, and what is sealed in the envelopes of the outbox, as the store keeps them."""

from backchannel.flow.ports_cards import Contested, OwnCard, Rekeyed, Told
from backchannel.flow.ports_channels import OFFERED, OutboxItem
from backchannel.store.cards import MOST_CONTESTED
from backchannel.store.database import Database
from two_parties import NOW

PARTY, CHANNEL = "a" * 64, "c" * 64


def test_the_newest_own_card_is_the_one_that_holds(db: Database) -> None:
    with db.write() as tx:
        assert tx.cards.own() is None
        for epoch in (2, 4, 3):
            tx.cards.put_own(OwnCard(epoch, 0, b"card %d" % epoch, NOW))
        assert tx.cards.own() == OwnCard(4, 0, b"card 4", NOW)


def test_what_a_party_was_told_last_and_its_newest_keys_are_kept(db: Database) -> None:
    with db.write() as tx:
        assert tx.cards.told(PARTY) is tx.cards.rekeyed(PARTY) is None
        for number in (2, 3):
            tx.cards.put_told(Told(PARTY, number, number, 0, 0, NOW))
            tx.cards.put_rekeyed(Rekeyed(PARTY, number, 0, compared=False, at=NOW))
        assert tx.cards.told(PARTY) == Told(PARTY, 3, 3, 0, 0, NOW)
        assert tx.cards.rekeyed(PARTY) == Rekeyed(PARTY, 3, 0, compared=False, at=NOW)


def test_of_contradicting_cards_so_many_are_kept(db: Database) -> None:
    with db.write() as tx:
        for number in range(MOST_CONTESTED + 5):
            tx.cards.contest(Contested(PARTY, NOW, b"%d" % number))
        tx.cards.contest(Contested("b" * 64, NOW, b"other"))
        assert [one.card for one in tx.cards.contested(PARTY)] == [b"%d" % one for one in range(MOST_CONTESTED)]
        assert len(tx.cards.contested("b" * 64)) == 1


def waiting(sequence: int, **more: object) -> OutboxItem:
    return OutboxItem(CHANNEL, PARTY, sequence, f"{sequence:064}", b"data", inner=b"inner", **more)  # type: ignore[arg-type]


def test_what_is_sealed_is_kept_as_long_as_the_envelope_and_no_longer(db: Database) -> None:
    with db.write() as tx:
        for sequence in (1, 2, 3):
            tx.channels.put_outbox(waiting(sequence))
        tx.channels.carried(CHANNEL, 2, NOW)
        assert tx.channels.outbox_places(PARTY) == [(CHANNEL, 1), (CHANNEL, 2), (CHANNEL, 3)]
        assert [one.sequence for one in tx.channels.take_unsent(CHANNEL)] == [3]
        assert [tx.channels.outbox_inner(CHANNEL, number) for number in (1, 2, 3)] == [b"inner", b"inner", b""]
        tx.channels.drop_outbox(CHANNEL, 1)
        assert [tx.channels.outbox_inner(CHANNEL, number) for number in (1, 2, 3)] == [b"", b"inner", b""]


def test_other_bytes_of_an_envelope_are_due_at_once_and_count_as_offered_if_it_was(db: Database) -> None:
    with db.write() as tx:
        for sequence in (1, 2):
            tx.channels.put_outbox(waiting(sequence))
        tx.channels.carried(CHANNEL, 1, NOW)
        for sequence in (1, 2):
            tx.channels.put_data(CHANNEL, sequence, b"again", b"inner again")
        first, second = (tx.channels.outbox_item(CHANNEL, number) for number in (1, 2))
        assert (first.data, first.carried_at) == (b"again", OFFERED)
        assert (second.data, second.carried_at) == (b"again", None)
        assert tx.channels.outbox_inner(CHANNEL, 1) == b"inner again"
        assert len(tx.channels.outbox_due(CHANNEL, NOW)) == 2
