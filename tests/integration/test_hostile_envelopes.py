"""Envelopes that are not what they should be, through a real node over a folder.

Each is refused with a recorded reason or left for later, changes nothing that is held, and does not keep the next
good message from arriving.
"""

from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backchannel.core.stix import format_timestamp
from backchannel.errors import BadCard
from backchannel.flow.post import item_name
from backchannel.node import agreements, exchange, fetching, parties
from backchannel.protocol.card import make_card
from backchannel.protocol.channel import Direction
from backchannel.protocol.crypto import Signatures
from backchannel.protocol.envelope import parse
from receipts import unsigned
from standoff import Standoff, good, hosts
from two_parties import MALLORY, NOW, VENDOR

Forged = Callable[[Standoff], bytes]


def body(standoff: Standoff, host: str = "forged.example") -> bytes:
    """A body that would be received if its envelope were right."""
    return msgspec.json.encode([standoff.vendor.releasing(standoff.agreement, good(host))])


def next_sealed(standoff: Standoff) -> bytes:
    """The bytes of the envelope that the Vendor would send next; it does not count as sent."""
    return standoff.vendor.forge(standoff.agreement, body(standoff))


def refused(standoff: Standoff, data: bytes, name: str = "") -> str:
    """The node is given these bytes; the code under which they were refused. Nothing else may have changed."""
    held, waiting, counters = standoff.held(), standoff.waiting(), standoff.counters()
    name = standoff.vendor.put(standoff.agreement, data, name)
    before = len(standoff.refusals())
    report = standoff.sync()
    assert (report.received, report.held, report.accepted, report.refused_envelopes) == (0, 0, 0, 1), report
    assert not report.failed
    assert (standoff.held(), standoff.waiting()) == (held, waiting)
    assert standoff.counters() == counters
    (refusal,) = standoff.refusals()[before:]
    assert refusal.subject == name
    assert refusal.party == standoff.vendor.key
    assert refusal.message
    assert "\n" not in refusal.message
    assert report.problems == [f"Vendor Research: {refusal.message}"]
    assert not list(standoff.vendor.folder(standoff.agreement, "receive").iterdir()), "the refused item is gone"
    return refusal.rule


def test_a_forged_envelope_with_nothing_wrong_would_be_received(standoff: Standoff) -> None:
    """What makes the other tests of this file mean something: `forge` is right until it is told otherwise."""
    standoff.vendor.put(standoff.agreement, next_sealed(standoff))
    assert standoff.sync().held == 2


@pytest.mark.parametrize("place", [0, 9, 12, 40, 300, 900, 2100, -1])
def test_a_tampered_envelope_is_refused_and_the_untampered_one_still_arrives(standoff: Standoff, place: int) -> None:
    sealed = standoff.vendor.seal(standoff.agreement, body=body(standoff))
    data = bytearray(sealed.data)
    data[place] ^= 1
    assert refused(standoff, bytes(data)) in {"bad-envelope", "limit", "unknown-version", "not-for-us"}
    standoff.vendor.carry(standoff.agreement, sealed)
    assert standoff.sync().held == 2
    standoff.later_good_arrives()


@pytest.mark.parametrize("kept", [1, 8, 11, 12, 100, 600, 2000, -1])
def test_a_truncated_envelope_is_refused_and_the_whole_one_still_arrives(standoff: Standoff, kept: int) -> None:
    sealed = standoff.vendor.seal(standoff.agreement, body=body(standoff))
    assert refused(standoff, sealed.data[:kept]) == "bad-envelope"
    standoff.vendor.carry(standoff.agreement, sealed)
    assert standoff.sync().held == 2
    standoff.later_good_arrives()


def test_an_envelope_with_bytes_after_its_end_is_refused(standoff: Standoff) -> None:
    assert refused(standoff, next_sealed(standoff) + b"\0") == "bad-envelope"
    standoff.later_good_arrives()


def test_an_empty_item_and_noise_are_no_envelopes(standoff: Standoff) -> None:
    folder = standoff.vendor.folder(standoff.agreement, "receive")
    folder.mkdir(exist_ok=True)
    (folder / item_name(1, "0" * 64)).touch()
    assert standoff.sync().refused_envelopes == 0
    (folder / item_name(1, "0" * 64)).unlink()
    assert refused(standoff, b"noise" * 1000) == "bad-envelope"
    standoff.later_good_arrives()


@pytest.mark.parametrize("how", ["under its name", "under another name", "after a later one"])
def test_a_replayed_envelope_changes_nothing_and_the_next_still_arrives(standoff: Standoff, how: str) -> None:
    sealed = standoff.vendor.seal(standoff.agreement, body=body(standoff))
    standoff.vendor.carry(standoff.agreement, sealed)
    assert standoff.sync().received == 1
    if how == "after a later one":
        standoff.later_good_arrives("between.example")
    held, waiting = standoff.held(), standoff.waiting()
    name = "zzz" if how == "under another name" else ""
    for _ in range(3):
        standoff.vendor.put(standoff.agreement, sealed.data, name)
        report = standoff.sync()
        assert (report.received, report.held, report.accepted, report.refused) == (0, 0, 0, 0)
    assert (standoff.held(), standoff.waiting()) == (held, waiting)
    assert standoff.rules().count("duplicate") == 0
    standoff.later_good_arrives()


def test_an_old_envelope_rewritten_comes_too_late_to_matter(standoff: Standoff) -> None:
    first = standoff.vendor.channels[standoff.agreement].sent
    standoff.vendor.release(standoff.agreement, good("one.example"))
    standoff.vendor.release(standoff.agreement, good("two.example"))
    standoff.sync()
    now = standoff.vendor.channels[standoff.agreement].sent
    standoff.vendor.rewind(standoff.agreement, first)
    standoff.vendor.release(standoff.agreement, good("rewritten.example"))
    standoff.vendor.rewind(standoff.agreement, now)
    assert standoff.sync().received == 0
    assert not set(hosts("rewritten.example")) & set(standoff.waiting())
    standoff.later_good_arrives()


@pytest.mark.parametrize("order", list(permutations(range(3)))[1:])
def test_reordered_envelopes_all_arrive_in_sequence(standoff: Standoff, order: tuple[int, ...]) -> None:
    names = ["one.example", "two.example", "three.example"]
    sealed = [standoff.vendor.seal(standoff.agreement, body=body(standoff, name)) for name in names]
    for place, index in enumerate(order):
        standoff.vendor.put(standoff.agreement, sealed[index].data, f"{place}")
    report = standoff.sync()
    assert (report.received, report.held, report.refused_envelopes) == (3, 6, 0)
    assert not report.problems
    standoff.later_good_arrives()


def test_envelopes_that_come_one_sync_apart_in_the_wrong_order_arrive_too(standoff: Standoff) -> None:
    first = standoff.vendor.seal(standoff.agreement, body=body(standoff, "one.example"))
    second = standoff.vendor.seal(standoff.agreement, body=body(standoff, "two.example"))
    standoff.vendor.carry(standoff.agreement, second)
    assert standoff.sync().received == 0
    standoff.vendor.carry(standoff.agreement, first)
    assert standoff.sync().received == 2
    standoff.later_good_arrives()


def test_a_gap_is_told_and_filled_later(standoff: Standoff) -> None:
    missing = standoff.vendor.seal(standoff.agreement, body=body(standoff, "missing.example"))
    standoff.vendor.release(standoff.agreement, good("after.example"))
    waiting = standoff.waiting()
    for _ in range(2):
        report = standoff.sync()
        assert (report.received, report.refused_envelopes) == (0, 0)
        (problem,) = report.problems
        assert problem == "Vendor Research: envelope 2 arrived; envelope 1 is missing"
    assert standoff.waiting() == waiting
    assert standoff.rules() == []
    standoff.vendor.carry(standoff.agreement, missing)
    assert standoff.sync().held == 4
    standoff.later_good_arrives()


@pytest.mark.parametrize("sequence", [3, 1_000_000, 2**53 - 1])
def test_a_huge_sequence_number_waits_and_moves_nothing(standoff: Standoff, sequence: int) -> None:
    counters = standoff.counters()
    header = {"sequence": sequence, "previous": "ab" * 32}
    standoff.vendor.put(standoff.agreement, standoff.vendor.forge(standoff.agreement, b"[]", header=header), "9")
    assert standoff.sync().received == 0
    assert standoff.counters() == counters
    standoff.later_good_arrives()


def test_a_reflected_envelope_is_refused(standoff: Standoff) -> None:
    exchange.release(standoff.node, standoff.agreement)
    standoff.sync()
    (ours,) = standoff.vendor.folder(standoff.agreement, "send").iterdir()
    assert refused(standoff, ours.read_bytes(), ours.name) == "reflection"
    standoff.later_good_arrives()


def fork(standoff: Standoff) -> bytes:
    """The Vendor sends an envelope, and another with the same number; the bytes of the second."""
    before = standoff.vendor.channels[standoff.agreement].sent
    standoff.vendor.release(standoff.agreement, good("one.example"))
    standoff.sync()
    after = standoff.vendor.channels[standoff.agreement].sent
    standoff.vendor.rewind(standoff.agreement, before)
    second = standoff.vendor.forge(standoff.agreement, body(standoff, "other.example"))
    standoff.vendor.rewind(standoff.agreement, after)
    return second


def test_a_fork_is_refused_and_kept_as_evidence(standoff: Standoff) -> None:
    second = fork(standoff)
    assert refused(standoff, second) == "fork"
    (evidence,) = (standoff.home / fetching.EVIDENCE).iterdir()
    assert evidence.read_bytes() == second
    assert evidence.name.startswith(standoff.vendor.key[:16])
    standoff.later_good_arrives()


def test_an_envelope_that_continues_another_history_is_a_fork(standoff: Standoff) -> None:
    standoff.vendor.release(standoff.agreement, good("one.example"))
    standoff.sync()
    header = {"previous": "ab" * 32}
    data = standoff.vendor.forge(standoff.agreement, body(standoff), header=header)
    assert refused(standoff, data) == "fork"
    standoff.later_good_arrives()


def test_many_forks_do_not_fill_the_disk_with_evidence(standoff: Standoff) -> None:
    standoff.vendor.release(standoff.agreement, good("one.example"))
    standoff.sync()
    first = {"sequence": 1, "previous": ""}
    for number in range(30):
        data = standoff.vendor.forge(standoff.agreement, body(standoff, f"{number}.example"), header=first)
        standoff.vendor.put(standoff.agreement, data, f"{number}")
    assert standoff.sync().refused_envelopes == 30
    assert len(list((standoff.home / fetching.EVIDENCE).iterdir())) == fetching.MOST_EVIDENCE
    standoff.later_good_arrives()


WRONG_HEADERS: dict[str, tuple[dict[str, Any], str]] = {
    "another agreement": ({"channel": "cd" * 32}, "bad-envelope"),
    "another sender": ({"sender": MALLORY.key}, "bad-envelope"),
    "another recipient": ({"recipient": MALLORY.key}, "not-for-us"),
    "ourselves as sender": ({"sender": "ours"}, "reflection"),
    "an epoch we do not have": ({"epoch": 7}, "not-for-us"),
    "epoch 0": ({"epoch": 0}, "bad-envelope"),
    "sequence 0": ({"sequence": 0, "previous": ""}, "bad-envelope"),
    "a negative sequence": ({"sequence": -1, "previous": "ab" * 32}, "bad-envelope"),
    "a sequence past what JSON keeps exact": ({"sequence": 2.0**60, "previous": "ab" * 32}, "bad-envelope"),
    "a sequence in words": ({"sequence": "1"}, "bad-envelope"),
    "an unknown version": ({"version": 2}, "unknown-version"),
    "version 0": ({"version": 0}, "unknown-version"),
    "another suite": ({"suite": "none"}, "bad-envelope"),
    "an unknown field": ({"note": "read me"}, "bad-envelope"),
    "a bucket of another size": ({"bucket": 8192}, "bad-envelope"),
    "a bucket that is no power of two": ({"bucket": 5000}, "bad-envelope"),
}


@pytest.mark.parametrize("wrong", WRONG_HEADERS)
def test_a_header_that_says_something_else_is_refused(standoff: Standoff, wrong: str) -> None:
    header, code = WRONG_HEADERS[wrong]
    header = {field: standoff.node.us.key if value == "ours" else value for field, value in header.items()}
    assert refused(standoff, standoff.vendor.forge(standoff.agreement, body(standoff), header=header)) == code
    standoff.later_good_arrives()


def test_an_envelope_of_another_agreement_is_refused_in_this_one(standoff: Standoff) -> None:
    said = standoff.vendor.seal(standoff.vendor.party, unsigned())
    assert refused(standoff, said.data) == "bad-envelope"
    standoff.later_good_arrives()


def test_an_envelope_of_the_third_party_is_refused_in_the_vendors_mailbox(standoff: Standoff) -> None:
    said = standoff.third.seal(standoff.other, body=body(standoff))
    assert refused(standoff, said.data) == "bad-envelope"
    standoff.later_good_arrives()


def test_an_envelope_sealed_to_another_key_is_refused(standoff: Standoff) -> None:
    data = standoff.vendor.forge(standoff.agreement, body(standoff), sealed_to=MALLORY.card)
    assert refused(standoff, data) == "bad-envelope"
    standoff.later_good_arrives()


SIGNATURES: dict[str, Callable[[Signatures], Signatures]] = {
    "Ed25519 wrong": lambda one: Signatures(bytes(64), one.mldsa65),
    "ML-DSA-65 wrong": lambda one: Signatures(one.ed25519, bytes(3309)),
    "both wrong": lambda _: Signatures(bytes(64), bytes(3309)),
    "Ed25519 missing": lambda one: Signatures(b"", one.mldsa65),
    "ML-DSA-65 missing": lambda one: Signatures(one.ed25519, b""),
    "one bit of Ed25519": lambda one: Signatures(bytes([one.ed25519[0] ^ 1]) + one.ed25519[1:], one.mldsa65),
    "one bit of ML-DSA-65": lambda one: Signatures(one.ed25519, one.mldsa65[:-1] + bytes([one.mldsa65[-1] ^ 1])),
}


@pytest.mark.parametrize("wrong", SIGNATURES)
def test_one_signature_is_not_enough(standoff: Standoff, wrong: str) -> None:
    data = standoff.vendor.forge(standoff.agreement, body(standoff), signed=SIGNATURES[wrong])
    # A missing signature shifts what follows it, so that already the frame inside the seal is wrong.
    expected = {"bad-signature", "bad-envelope"} if "missing" in wrong else {"bad-signature"}
    assert refused(standoff, data) in expected
    standoff.later_good_arrives()


def test_an_envelope_signed_by_somebody_else_is_refused(standoff: Standoff) -> None:
    data = standoff.vendor.forge(standoff.agreement, body(standoff), private=MALLORY.private)
    assert refused(standoff, data) == "bad-signature"
    standoff.later_good_arrives()


def test_padding_that_says_something_is_refused(standoff: Standoff) -> None:
    data = standoff.vendor.forge(standoff.agreement, body(standoff), padding=b"!")
    assert refused(standoff, data) == "bad-envelope"
    standoff.later_good_arrives()


def test_objects_under_an_ended_agreement_are_refused_and_the_party_channel_goes_on(standoff: Standoff) -> None:
    held, waiting = standoff.held(), standoff.waiting()
    agreements.end(standoff.node, standoff.agreement)
    standoff.vendor.release(standoff.agreement, good("late.example"))
    report = standoff.sync()
    assert (report.held, report.refused) == (0, 1)
    assert standoff.rules() == ["not-agreed"]
    assert (standoff.held(), standoff.waiting()) == (held, waiting)
    standoff.vendor.say(standoff.vendor.party, standoff.vendor.ending(standoff.agreement, format_timestamp(NOW)))
    assert standoff.sync().refused == 0
    assert standoff.state() == "ended"


def test_objects_under_an_agreement_that_is_over_are_refused(standoff: Standoff) -> None:
    late = NOW.replace(year=2027, month=6, day=1)
    object.__setattr__(standoff.node, "clock", lambda: late)
    standoff.vendor.release(standoff.agreement, good("late.example"))
    assert standoff.sync().refused == 1
    assert standoff.rules() == ["not-agreed"]


def test_a_message_in_the_wrong_channel_is_refused(standoff: Standoff) -> None:
    standoff.vendor.say(standoff.agreement, standoff.vendor.ending(standoff.agreement))
    standoff.vendor.say(standoff.vendor.party, standoff.vendor.releasing(standoff.agreement, good("x.example")))
    assert standoff.sync().refused == 2
    assert standoff.rules() == ["not-agreed", "not-agreed"]
    assert standoff.state() == "in force"
    standoff.later_good_arrives()


@pytest.mark.parametrize(
    "text", [b"", b"null", b"{}", b"[]x", b"[", b"\xff", b'[{"message":"unknown"}]', b"[1]", b"[ ]"]
)
def test_a_body_that_is_no_messages_costs_its_sender_that_envelope_only(standoff: Standoff, text: bytes) -> None:
    packed = None if text else b""
    data = standoff.vendor.forge(standoff.agreement, text, packed=packed)
    standoff.vendor.put(standoff.agreement, data)
    report = standoff.sync()
    assert (report.received, report.refused) == (1, 1)
    assert standoff.rules() == ["limit" if text == b"[" else "bad-envelope"]
    standoff.vendor.rewind(standoff.agreement, Direction(1, parse(data).digest))
    standoff.later_good_arrives()


def test_the_key_of_the_vendors_card_is_what_counts_not_its_name(standoff: Standoff, tmp_path: Path) -> None:
    """A second card with the Vendor's name is not enrolled: `--to NAME` could mean either."""
    fake = tmp_path / "fake.card"
    fake.write_bytes(make_card(MALLORY.private, VENDOR.card.name, (), None, NOW))
    before = parties.all_parties(standoff.node)
    with pytest.raises(BadCard, match="another counterpart with the name"):
        parties.add(standoff.node, fake, "folder:elsewhere")
    assert parties.all_parties(standoff.node) == before
    standoff.later_good_arrives()
