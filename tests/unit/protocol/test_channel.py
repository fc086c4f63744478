import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from backchannel.errors import BadEnvelope, BadSignature, Fork, Gap, NotForUs, Reflection, SequenceError
from backchannel.protocol.channel import (
    Accepted,
    Channel,
    Direction,
    Duplicate,
    advance_sent,
    check_ours,
    check_received,
    receive,
    send,
)
from backchannel.protocol.envelope import OpenedEnvelope, Place, SealedEnvelope, open_envelope, parse, seal, unpack
from two_parties import LAB, MALLORY, VENDOR, Node, route, secrets_at

CHANNEL = "c0" * 32
AT_LAB = Channel(secrets_at(LAB, VENDOR, CHANNEL), LAB.key, VENDOR.key)
AT_VENDOR = Channel(secrets_at(VENDOR, LAB, CHANNEL), VENDOR.key, LAB.key)


def series(count: int, start: Channel = AT_LAB, body: bytes = b"body %d") -> list[SealedEnvelope]:
    """The first envelopes from LAB to VENDOR."""
    sealed, channel = [], start
    for number in range(1, count + 1):
        envelope, channel = send(channel, body % number, LAB.private, VENDOR.card)
        sealed.append(envelope)
    return sealed


SENT = series(4)
REWRITTEN = series(4, body=b"other %d")


def arrive(channel: Channel, sealed: SealedEnvelope) -> Accepted | Duplicate:
    return receive(channel, sealed.data, VENDOR.private, LAB.card)


def after(count: int) -> Channel:
    """VENDOR's end after the first `count` envelopes."""
    channel = AT_VENDOR
    for sealed in SENT[:count]:
        outcome = arrive(channel, sealed)
        assert isinstance(outcome, Accepted)
        channel = outcome.channel
    return channel


def test_envelopes_in_order_are_accepted_and_move_the_channel() -> None:
    outcome = arrive(after(1), SENT[1])
    assert isinstance(outcome, Accepted)
    assert unpack(outcome.envelope) == b"body 2"
    assert outcome.channel.received == Direction(2, SENT[1].digest)
    assert outcome.channel.sent == Direction()


def test_sending_links_each_envelope_to_the_one_before() -> None:
    headers = [sealed.header for sealed in SENT]
    assert [header.sequence for header in headers] == [1, 2, 3, 4]
    assert [header.previous for header in headers] == ["", *(sealed.digest for sealed in SENT[:-1])]


def test_sending_moves_our_direction_alone() -> None:
    channel = advance_sent(after(2), SENT[3])
    assert channel.sent == Direction(4, SENT[3].digest)
    assert channel.received == after(2).received


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_replayed_envelope_is_a_duplicate_and_changes_nothing(number: int) -> None:
    assert arrive(after(3), SENT[number - 1]) == Duplicate(number)


def test_the_last_envelope_again_is_recognised_without_opening_it() -> None:
    # With keys that could not open it.
    assert receive(after(3), SENT[2].data, MALLORY.private, LAB.card) == Duplicate(3)


def test_a_reordered_envelope_is_a_gap_until_the_missing_one_arrives() -> None:
    channel = after(1)
    with pytest.raises(Gap, match="envelope 3 arrived; envelope 2 is missing"):
        arrive(channel, SENT[2])
    second = arrive(channel, SENT[1])
    assert isinstance(second, Accepted)
    assert isinstance(arrive(second.channel, SENT[2]), Accepted)


def test_a_gap_at_the_start_is_a_gap() -> None:
    with pytest.raises(Gap, match="envelope 1 is missing"):
        arrive(AT_VENDOR, SENT[1])


def test_a_fork_with_the_same_number_is_refused() -> None:
    with pytest.raises(Fork, match="two different envelopes with sequence 2"):
        arrive(after(2), REWRITTEN[1])


def test_a_fork_that_continues_another_history_is_refused() -> None:
    with pytest.raises(Fork, match="envelope 3 continues"):
        arrive(after(2), REWRITTEN[2])


def test_a_fork_claimed_by_a_stranger_is_no_fork() -> None:
    # Only what the counterpart signed can accuse it.
    stranger = seal(
        b"x", route(MALLORY, VENDOR, CHANNEL), Place(2, SENT[1].header.previous), VENDOR.card.sealing, MALLORY.private
    )
    with pytest.raises(BadEnvelope, match="says to come from party"):
        arrive(after(2), stranger)
    renamed = stranger.data.replace(MALLORY.key.encode(), LAB.key.encode())
    with pytest.raises(BadEnvelope, match="HMAC is wrong"):
        receive(after(2), renamed, VENDOR.private, LAB.card)


def test_a_reflected_envelope_is_refused() -> None:
    with pytest.raises(Reflection, match="one that we sent"):
        receive(AT_LAB, SENT[0].data, LAB.private, VENDOR.card)


def test_an_envelope_of_a_wrong_agreement_is_refused() -> None:
    other = msgspec.structs.replace(AT_VENDOR, secrets=secrets_at(VENDOR, LAB, "d0" * 32))
    with pytest.raises(BadEnvelope, match="belongs to channel c0c0"):
        arrive(other, SENT[0])


def test_an_envelope_for_another_recipient_is_refused() -> None:
    with pytest.raises(NotForUs, match="addressed to party"):
        receive(
            Channel(secrets_at(MALLORY, LAB, CHANNEL), MALLORY.key, LAB.key), SENT[0].data, MALLORY.private, LAB.card
        )


def test_a_tampered_envelope_never_reaches_the_table() -> None:
    data = SENT[1].data[:-1] + bytes([SENT[1].data[-1] ^ 1])
    with pytest.raises(BadEnvelope, match="HMAC is wrong"):
        receive(after(1), data, VENDOR.private, LAB.card)


def test_a_later_good_message_still_arrives_after_a_bad_one() -> None:
    channel = after(1)
    for bad in (SENT[1].data[:-1], REWRITTEN[1].data, SENT[3].data, b"noise"):
        with pytest.raises((BadEnvelope, BadSignature)):
            receive(channel, bad, VENDOR.private, LAB.card)
    outcome = arrive(channel, SENT[1])
    assert isinstance(outcome, Accepted)
    assert unpack(outcome.envelope) == b"body 2"


@pytest.mark.parametrize("last", range(5))
@pytest.mark.parametrize("number", range(1, 5))
@pytest.mark.parametrize("rewritten", [False, True])
def test_the_table_is_complete(last: int, number: int, rewritten: bool) -> None:
    envelope = (REWRITTEN if rewritten else SENT)[number - 1]
    opened = open_envelope(parse(envelope.data), AT_VENDOR.inward, VENDOR.private, LAB.card.keys)
    expected: object
    if number < last or (number == last and not rewritten):
        expected = Duplicate(number)
    elif number > last + 1:
        expected = Gap
    elif rewritten and not (last == 0 and number == 1):
        expected = Fork
    else:
        expected = Direction(number, envelope.digest)
    assert _outcome(after(last), opened) == expected


def _outcome(channel: Channel, opened: OpenedEnvelope) -> object:
    try:
        outcome = check_received(channel, opened)
    except SequenceError as error:
        return type(error)
    return outcome if isinstance(outcome, Duplicate) else outcome.channel.received


def test_an_opened_envelope_of_another_channel_is_refused_too() -> None:
    opened = open_envelope(parse(SENT[0].data), AT_VENDOR.inward, VENDOR.private, LAB.card.keys)
    with pytest.raises(BadEnvelope, match="belongs to channel"):
        check_received(msgspec.structs.replace(AT_VENDOR, secrets=secrets_at(VENDOR, LAB, "d0" * 32)), opened)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"sender": VENDOR.key}, Reflection),
        ({"recipient": MALLORY.key}, NotForUs),
        ({"channel": "d0" * 32}, BadEnvelope),
        ({"sender": MALLORY.key}, BadEnvelope),
    ],
)
def test_addresses_are_checked_before_any_key_is_used(fields: dict[str, str], error: type[Exception]) -> None:
    header = SENT[0].header
    check_ours(AT_VENDOR, header)
    with pytest.raises(error) as refusal:
        check_ours(AT_VENDOR, msgspec.structs.replace(header, **fields))
    assert refusal.type is error


class TwoStacks(RuleBasedStateMachine):
    """Two ends over a carrier that loses, doubles and reorders: each message exactly once, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes: tuple[Node, Node] = (LAB, VENDOR)
        self.ends = [AT_LAB, AT_VENDOR]
        self.outbox: list[list[bytes]] = [[], []]
        self.under_way: list[list[bytes]] = [[], []]
        self.said: list[list[bytes]] = [[], []]
        self.heard: list[list[bytes]] = [[], []]

    @rule(sender=st.integers(0, 1))
    def say(self, sender: int) -> None:
        body = b"%d says %d" % (sender, len(self.said[sender]))
        sealed, self.ends[sender] = send(
            self.ends[sender], body, self.nodes[sender].private, self.nodes[1 - sender].card
        )
        self.said[sender].append(body)
        self.outbox[sender].append(sealed.data)

    @rule(sender=st.integers(0, 1), choice=st.integers(0, 10**6))
    def carry(self, sender: int, choice: int) -> None:
        if self.outbox[sender]:
            self.under_way[sender].append(self.outbox[sender][choice % len(self.outbox[sender])])

    @rule(sender=st.integers(0, 1), choice=st.integers(0, 10**6), lose=st.booleans())
    def deliver(self, sender: int, choice: int, lose: bool) -> None:
        if not self.under_way[sender]:
            return
        data = self.under_way[sender].pop(choice % len(self.under_way[sender]))
        if not lose:
            self.hear(1 - sender, data)

    @rule(to=st.integers(0, 1), choice=st.integers(0, 10**6))
    def reflect(self, to: int, choice: int) -> None:
        if self.outbox[to]:
            with pytest.raises(Reflection):
                self.hear(to, self.outbox[to][choice % len(self.outbox[to])])

    def hear(self, at: int, data: bytes) -> None:
        try:
            outcome = receive(self.ends[at], data, self.nodes[at].private, self.nodes[1 - at].card)
        except Gap:
            return
        if isinstance(outcome, Accepted):
            self.heard[at].append(unpack(outcome.envelope))
            self.ends[at] = outcome.channel

    @invariant()
    def each_message_was_heard_once_and_in_order(self) -> None:
        for sender in (0, 1):
            heard = self.heard[1 - sender]
            assert heard == self.said[sender][: len(heard)]

    def teardown(self) -> None:
        for sender in (0, 1):
            for data in self.outbox[sender]:
                self.hear(1 - sender, data)
            assert self.heard[1 - sender] == self.said[sender]


TwoStacks.TestCase.settings = settings(max_examples=25, stateful_step_count=30)
TestTwoStacks = TwoStacks.TestCase
