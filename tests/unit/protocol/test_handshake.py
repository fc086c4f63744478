import pytest

from backchannel.protocol.crypto import Share, decapsulate, encapsulate
from backchannel.protocol.handshake import ChannelSecrets, agreement_channel, introduction, party_channel
from two_parties import LAB, MALLORY, VENDOR

AGREEMENT = "ab" * 32
PROPOSED = encapsulate(VENDOR.card.keys)
ACCEPTED = encapsulate(LAB.card.keys)


def lab(agreement: str = AGREEMENT, proposer: Share = PROPOSED, accepter: Share = ACCEPTED) -> ChannelSecrets:
    return agreement_channel(LAB.private, VENDOR.card.keys, agreement, proposer=proposer, accepter=accepter)


def secrets_of(channel: ChannelSecrets) -> set[bytes]:
    return {channel.send.mailbox, channel.send.mac, channel.receive.mailbox, channel.receive.mac}


def test_two_cards_are_enough_for_a_party_channel() -> None:
    ours = introduction(LAB.private, VENDOR.card.keys)
    theirs = introduction(VENDOR.private, LAB.card.keys)
    assert ours.channel == theirs.channel == party_channel(LAB.key, VENDOR.key)
    assert ours.send == theirs.receive
    assert ours.receive == theirs.send


def test_the_party_channels_id_does_not_depend_on_who_asks() -> None:
    assert party_channel(LAB.key, VENDOR.key) == party_channel(VENDOR.key, LAB.key)
    assert party_channel(LAB.key, VENDOR.key) != party_channel(LAB.key, MALLORY.key)


def test_both_ends_of_an_agreement_derive_the_same_secrets() -> None:
    theirs = agreement_channel(
        VENDOR.private,
        LAB.card.keys,
        AGREEMENT,
        proposer=decapsulate(VENDOR.private, PROPOSED.ciphertext),
        accepter=ACCEPTED,
    )
    assert lab().channel == AGREEMENT
    assert lab().send == theirs.receive
    assert lab().receive == theirs.send


def test_no_two_derived_secrets_are_alike() -> None:
    assert len(secrets_of(lab()) | secrets_of(introduction(LAB.private, VENDOR.card.keys))) == 8


def test_another_agreement_or_share_gives_other_secrets() -> None:
    other = encapsulate(VENDOR.card.keys)
    changed = [
        lab(agreement="cd" * 32),
        lab(proposer=other),
        lab(accepter=other),
        lab(proposer=ACCEPTED, accepter=PROPOSED),
        lab(proposer=Share(PROPOSED.secret, other.ciphertext)),
        lab(proposer=Share(other.secret, PROPOSED.ciphertext)),
        lab(accepter=Share(other.secret, ACCEPTED.ciphertext)),
        lab(accepter=Share(ACCEPTED.secret, other.ciphertext)),
    ]
    for secrets in changed:
        assert not secrets_of(secrets) & secrets_of(lab())


def test_a_third_party_derives_other_secrets() -> None:
    theirs = agreement_channel(MALLORY.private, LAB.card.keys, AGREEMENT, proposer=PROPOSED, accepter=ACCEPTED)
    assert not secrets_of(theirs) & secrets_of(lab())
    assert not secrets_of(introduction(MALLORY.private, LAB.card.keys)) & secrets_of(
        introduction(VENDOR.private, LAB.card.keys)
    )


def test_mailboxes_rotate_with_the_epoch() -> None:
    secrets = lab()
    tokens = {secrets.send.token(epoch) for epoch in range(1, 50)}
    tokens |= {secrets.receive.token(epoch) for epoch in range(1, 50)}
    assert len(tokens) == 98
    assert {len(token) for token in tokens} == {32}


@pytest.mark.parametrize("epoch", [-1, 2**64])
def test_an_impossible_epoch_has_no_mailbox(epoch: int) -> None:
    with pytest.raises(OverflowError):
        lab().send.token(epoch)


def test_secrets_do_not_show_in_repr() -> None:
    assert repr(lab()) == (
        f"ChannelSecrets(channel='{AGREEMENT}', send=DirectionSecrets(…), receive=DirectionSecrets(…))"
    )
