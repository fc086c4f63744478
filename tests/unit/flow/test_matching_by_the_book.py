"""A second reader of matching sessions, written from `docs/reference/protocol.md`, section 10, alone.

It reads what crossed in the channel of the agreement as JSON, and knows besides only what one side drew for its keys.
"""

import base64
import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import pytest

from backchannel.core.term_fields import Matching
from backchannel.flow import matching
from backchannel.protocol import voprf
from backchannel.protocol.message import encode
from exchange import Side, agreed, carry, one_process, opened
from matching_sides import KIND, draws, knows, results

Pair = tuple[Side, Side]
Said = dict[str, Any]
TERMS = Matching(types=("ipv4-addr", KIND))
EPOCH = 1
COMMON = [f"both{number}.example" for number in range(5)]


def unbased(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def cut(text: str, length: int) -> list[bytes]:
    data = unbased(text)
    return [data[at : at + length] for at in range(0, len(data), length)]


def hashed(what: str, data: bytes) -> bytes:
    return sha256(f"backchannel/1 match {what}".encode() + b"\0" + data).digest()


def as_sent(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def root(entries: Sequence[bytes]) -> bytes:
    """RFC 9162, 2.1.1."""
    if len(entries) <= 1:
        return sha256(b"\0" + entries[0]).digest() if entries else sha256().digest()
    half = 1 << (len(entries) - 1).bit_length() - 1
    return sha256(b"\1" + root(entries[:half]) + root(entries[half:])).digest()


class Reader:
    """Everything that one side said of a session, by message."""

    def __init__(self, said: list[Said]) -> None:
        self.said = said
        (self.contract,) = (one for one in said if one["message"] in {"match-offer", "match-answer"})
        self.kinds: list[Said] = self.contract["kinds"]

    def all(self, message: str) -> list[Said]:
        return [one for one in self.said if one["message"] == message]

    def pieces(self, message: str, field: str, length: int) -> dict[str, list[bytes]]:
        """What came of each kind; every piece begins where the last one ended."""
        found: dict[str, list[bytes]] = {kind["type"]: [] for kind in self.kinds}
        for one in self.all(message):
            assert one["start"] == len(found[one["type"]])
            found[one["type"]] += cut(one[field], length)
        return found


def played(opener: Side, other: Side, agreement: str, learns: Any) -> tuple[Reader, Reader]:
    """A session to its end; what each side said in it."""
    said: dict[str, list[Said]] = {opener.key: [], other.key: []}
    with opener.db.write() as tx:
        peer, row = opener.peers[other.key], opener.row(agreement)
        matching.open_session(tx, opener.standing, peer, row, one_process(), learns=learns)
    for _ in range(600):
        for side, to in ((opener, other), (other, opener)):
            with side.db.write() as tx:
                for session in tx.matching.open():
                    while matching.step(
                        tx, side.standing, side.peers[to.key], tx.matching.get(session.id), one_process()
                    ):
                        pass
            for item in side.sealed(to):
                if item.channel == agreement:
                    said[side.key] += json.loads(encode(opened(item, side, to)))
            carry(side, to)
        with opener.db.read() as mine, other.db.read() as theirs:
            if not mine.matching.open() and not theirs.matching.open():
                break
    return Reader(said[opener.key]), Reader(said[other.key])


def check_contract(opener: Reader, other: Reader) -> bytes:
    """Both halves and the beginning; the seed of the order."""
    offer, answer, (begin,) = opener.contract, other.contract, opener.all("match-begin")
    assert answer["offer"] == hashed("offer", as_sent(offer)).hex()
    assert begin["contract"] == hashed("contract", as_sent([offer, answer])).hex()
    first, second = unbased(begin["drawn"]), unbased(answer["drawn"])
    assert offer["drawn"] == hashed("drawn", first).hex()
    return hashed("seed", offer["session"].encode() + first + second)


def check_inputs(side: Reader, seed: bytes) -> dict[str, list[bytes]]:
    """Blinded inputs are as many as told, and those committed to; in the order in which they are evaluated."""
    blinded = side.pieces("match-blinded", "elements", 32)
    assert {kind["type"]: kind["inputs"] for kind in side.kinds} == {one: len(some) for one, some in blinded.items()}
    assert side.contract["commitment"] == root([one for some in blinded.values() for one in some]).hex()

    def place(kind: str, number: int) -> int:
        data = hashed(f"order\0{kind}", number.to_bytes(8, "big") + seed)
        return int.from_bytes(data[:8], "big") & ~1

    return {
        kind: [some[number] for number in sorted(range(len(some)), key=lambda n: (place(kind, n), n))]
        for kind, some in blinded.items()
    }


def check_shards(giver: Reader, asked: dict[str, list[bytes]], shards: int) -> None:
    """Every shard holds what it should, in parts that verify with the key for their kind."""
    keys = {kind["type"]: unbased(kind["key"]) for kind in giver.kinds}
    came = giver.all("match-evaluated")
    assert [one["shard"] for one in came] == list(range(shards))
    for one in came:
        parts = iter(one["parts"])
        for kind, inputs in asked.items():
            begin, end = (len(inputs) * number // shards for number in (one["shard"], one["shard"] + 1))
            for start in range(begin, end, 256):
                part = next(parts)
                assert (part["type"], part["start"]) == (kind, start)
                wanted = inputs[start : min(start + 256, end)]
                voprf.verify(wanted, cut(part["elements"], 32), unbased(part["proof"]), keys[kind])
        assert not list(parts)


def check_tags(side: Side, reader: Reader, agreement: str) -> None:
    """Tags are those of the values that the side holds, under the keys that it told."""
    with side.db.read() as tx:
        seed = tx.matching.key_seed(agreement, EPOCH)
    assert seed is not None
    tags = reader.pieces("match-tags", "tags", 16)
    for kind in reader.kinds:
        info = f"backchannel/1 match key\0{agreement}\0{kind['type']}\0{EPOCH}".encode()
        assert unbased(kind["key"]) == voprf.public_key(seed, info)
        assert len(tags[kind["type"]]) == kind["tags"]
    info = f"backchannel/1 match key\0{agreement}\0{KIND}\0{EPOCH}".encode()
    for value in COMMON:
        (output,) = voprf.own_outputs(seed, info, [f"{agreement}\0{KIND}\0{value}".encode()])
        assert hashed("tag", output)[:16] in tags[KIND]


def test_a_session_in_which_both_learn_is_that_of_the_page(pair: Pair) -> None:
    lab, vendor = pair
    for side in pair:
        draws(side)
    agreement = agreed(lab, vendor, matching=TERMS)
    knows(lab, [*COMMON, *(f"lab{number}.example" for number in range(9))])
    knows(vendor, [*COMMON, *(f"vendor{number}.example" for number in range(20))])
    ours, theirs = played(lab, vendor, agreement, "both")
    seed = check_contract(ours, theirs)
    inputs, others = check_inputs(ours, seed), check_inputs(theirs, seed)
    assert (len(inputs[KIND]), len(others[KIND])) == (16, 32)
    check_shards(theirs, inputs, 32)
    check_shards(ours, others, 32)
    check_tags(lab, ours, agreement)
    check_tags(vendor, theirs, agreement)
    assert results(lab, agreement) == results(vendor, agreement) == COMMON


@pytest.mark.parametrize("learns", ["opener", "both"])
def test_a_session_in_which_one_side_has_inputs_is_that_of_the_page(pair: Pair, learns: str) -> None:
    """That the other has none, or may learn nothing: it is the same."""
    lab, vendor = pair
    for side in pair:
        draws(side)
    agreement = agreed(lab, vendor, matching=TERMS)
    knows(lab, [*COMMON, *(f"lab{number}.example" for number in range(295))])
    if learns == "opener":
        knows(vendor, COMMON)
    ours, theirs = played(lab, vendor, agreement, learns)
    inputs = check_inputs(ours, check_contract(ours, theirs))
    assert len(inputs[KIND]) == 512
    assert check_inputs(theirs, bytes(32))[KIND] == []
    check_shards(theirs, inputs, 1)
    assert ours.all("match-evaluated") == []
    if learns == "opener":
        assert {(kind["tags"], kind["key"]) for kind in ours.kinds} == {(0, "")}
        check_tags(vendor, theirs, agreement)
        assert (results(lab, agreement), results(vendor, agreement)) == (COMMON, [])
