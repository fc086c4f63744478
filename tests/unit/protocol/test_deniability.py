"""Off the record nothing proves to a third party who said what: whoever receives could have made all of it.

`simulate` stands for a recipient that wants to frame its counterpart. It is given what the recipient has and nothing
else: its own private keys, the secrets of the channel, and cards that everybody may have. What it makes passes every
check of ours, just as what the counterpart really sent. So neither proves anything.
"""

import inspect
import json
from collections.abc import Sequence

import pytest

from backchannel.core.identity import KeyCard
from backchannel.errors import BadEnvelope, BadSignature
from backchannel.protocol import crypto, envelope
from backchannel.protocol.channel import Accepted, Channel, advance_sent, receive, send
from backchannel.protocol.crypto import Share
from backchannel.protocol.envelope import Place, SealedEnvelope, seal
from backchannel.protocol.handshake import ChannelSecrets, agreement_channel
from backchannel.protocol.keys import PrivateKeys
from two_parties import LAB, MALLORY, VENDOR

AGREEMENT = "ab" * 32
PROPOSER, ACCEPTER = Share(b"p" * 32, b"P" * 1088), Share(b"a" * 32, b"A" * 1088)
SAID = [b'[{"message":"release"}]', b'["something else"]', b"[]"]


def secrets(us: PrivateKeys, them: KeyCard) -> ChannelSecrets:
    return agreement_channel(us, them.keys, AGREEMENT, proposer=PROPOSER, accepter=ACCEPTER)


AT_LAB = Channel(secrets(LAB.private, VENDOR.card), LAB.key, VENDOR.key, signed=False)
AT_VENDOR = Channel(secrets(VENDOR.private, LAB.card), VENDOR.key, LAB.key, signed=False)


def really_sent(bodies: Sequence[bytes]) -> list[SealedEnvelope]:
    """What the Lab says to the Vendor, with the Lab's own keys."""
    sealed, channel = [], AT_LAB
    for body in bodies:
        one, channel = send(channel, body, LAB.private, VENDOR.card)
        sealed.append(one)
    return sealed


def simulate(
    bodies: Sequence[bytes], vendor: PrivateKeys, vendor_card: KeyCard, lab: KeyCard
) -> list[SealedEnvelope]:
    """The same transcript, made by the Vendor alone."""
    ours = secrets(vendor, lab)
    turned = ChannelSecrets(AGREEMENT, send=ours.receive, receive=ours.send)
    channel, made = Channel(turned, lab.key, vendor_card.key, signed=False), []
    for body in bodies:
        place = Place(channel.sent.last + 1, channel.sent.head)
        one = seal(body, channel.outward, place, vendor_card.sealing, None)
        channel = advance_sent(channel, one)
        made.append(one)
    return made


def verified(transcript: Sequence[SealedEnvelope]) -> list[bytes]:
    """Everything that our verifiers say of a transcript."""
    channel, read = AT_VENDOR, []
    for one in transcript:
        step = receive(channel, one.data, VENDOR.private, LAB.card)
        assert isinstance(step, Accepted)
        read.append(envelope.unpack(step.envelope))
        channel = step.channel
    return read


def test_a_transcript_made_by_the_recipient_alone_passes_every_verifier() -> None:
    assert verified(simulate(SAID, VENDOR.private, VENDOR.card, LAB.card)) == verified(really_sent(SAID)) == SAID


def test_the_simulator_has_nothing_of_the_sender_but_its_card() -> None:
    assert list(inspect.signature(simulate).parameters) == ["bodies", "vendor", "vendor_card", "lab"]
    assert "LAB" not in inspect.getsource(simulate)


def test_a_real_transcript_and_a_simulated_one_have_one_shape() -> None:
    """Same headers but for hashes of random bytes, same sizes, and the same plain text behind the seal."""
    real, made = really_sent(SAID), simulate(SAID, VENDOR.private, VENDOR.card, LAB.card)
    for one, other in zip(real, made, strict=True):
        assert len(one.data) == len(other.data)
        headers = [{**json.loads(each.header_bytes), "previous": ""} for each in (one, other)]
        assert headers[0] == headers[1]
        plain = [
            crypto.hpke_open(VENDOR.private, 1, each.header_bytes, each.data[12 + len(each.header_bytes) : -32])
            for each in (one, other)
        ]
        assert plain[0] == plain[1]


def test_on_the_record_the_recipient_can_simulate_nothing() -> None:
    """What makes the test above mean something: the same forgery fails where signatures are asked for."""
    (made,) = simulate(SAID[:1], VENDOR.private, VENDOR.card, LAB.card)
    on_record = Channel(AT_VENDOR.secrets, VENDOR.key, LAB.key, signed=True)
    with pytest.raises((BadEnvelope, BadSignature)):
        receive(on_record, made.data, VENDOR.private, LAB.card)


def test_no_third_party_can_put_words_into_a_channel_off_the_record() -> None:
    guessed = secrets(MALLORY.private, VENDOR.card)
    route = Channel(guessed, LAB.key, VENDOR.key, signed=False).outward
    forged = seal(SAID[0], route, Place(1, ""), VENDOR.card.sealing, None)
    with pytest.raises(BadEnvelope, match="HMAC is wrong"):
        receive(AT_VENDOR, forged.data, VENDOR.private, LAB.card)


def test_what_is_said_under_one_agreement_does_not_pass_under_another() -> None:
    other = agreement_channel(VENDOR.private, LAB.card.keys, "cd" * 32, proposer=PROPOSER, accepter=ACCEPTER)
    (one,) = really_sent(SAID[:1])
    moved = one.data.replace(AGREEMENT.encode(), b"cd" * 32)
    with pytest.raises(BadEnvelope, match="HMAC is wrong"):
        receive(Channel(other, VENDOR.key, LAB.key, signed=False), moved, VENDOR.private, LAB.card)
