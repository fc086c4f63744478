from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel.errors import BadNote, BadProof
from backchannel.protocol.checkpoints import Witnessed, cosign, sign_checkpoint
from backchannel.protocol.ledger import Kind, encode_entry, make_entry
from backchannel.protocol.merkle import Tree, leaf_hash
from backchannel.protocol.merkle_proof import MAX_HASHES, prove_inclusion
from backchannel.protocol.notes import parse_note, with_signatures
from backchannel.protocol.proofs import (
    MAX_PROOF,
    LogProof,
    check_entry,
    check_proof,
    format_proof,
    parse_proof,
    prove_entry,
)
from backchannel.protocol.tree_head import TreeHead
from logs import KEYS, ORIGIN, TIME, WITNESS_KEYS, checkpoint, keys, log_signers, tree, witness_signers

SECOND = witness_signers("ledger.example/ngo")
ENTRIES = [make_entry(Kind.CARD, bytes([number] * 32), party=bytes(32), card=bytes(32)) for number in range(13)]
TREE = Tree(leaf_hash(encode_entry(one)) for one in ENTRIES)


@cache
def cosigned() -> bytes:
    """The log's checkpoint over `ENTRIES`, cosigned by two witnesses."""
    signed = sign_checkpoint(TreeHead(ORIGIN, len(ENTRIES), TREE.root()), log_signers(), TIME)
    lines = cosign(Witnessed(signed), (*witness_signers(), *SECOND), TIME)
    return bytes(with_signatures(parse_note(signed.note), lines))


def proof(index: int = 5) -> bytes:
    """The proof file of an entry."""
    return prove_entry(encode_entry(ENTRIES[index]), index, prove_inclusion(TREE.read, index, 13), cosigned())


def test_an_entry_is_proven_offline_with_keys_alone() -> None:
    for index, expected in enumerate(ENTRIES):
        found, proven = check_entry(proof(index), ORIGIN, KEYS, (*WITNESS_KEYS, *keys(SECOND)), quorum=2)
        assert found == expected
        assert (proven.index, proven.head.size) == (index, 13)
        assert {one.key.name for one in proven.cosigned} == {"ledger.example/vendor", "ledger.example/ngo"}


def test_the_text_is_that_of_the_specification() -> None:
    text = format_proof(LogProof(5, (bytes(32), b"\xff" * 32), b"checkpoint\n", b"hello")).decode()
    assert text == (
        "c2sp.org/tlog-proof@v1\nextra aGVsbG8=\nindex 5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
        "//////////////////////////////////////////8=\n\ncheckpoint\n"
    )
    assert format_proof(LogProof(0, (), b"checkpoint\n")) == b"c2sp.org/tlog-proof@v1\nindex 0\n\ncheckpoint\n"


@given(
    st.integers(0, 2**63 - 1), st.lists(st.binary(min_size=32, max_size=32), max_size=5), st.binary(max_size=50),
    st.none() | st.binary(max_size=50),
)  # fmt: skip
def test_every_proof_file_goes_there_and_back(
    index: int, hashes: list[bytes], checkpoint: bytes, extra: bytes | None
) -> None:
    made = LogProof(index, tuple(hashes), checkpoint, extra)
    assert parse_proof(format_proof(made)) == made


def test_a_log_of_one_entry_needs_no_hashes() -> None:
    leaf = tree(1).read(0, 0)
    data = format_proof(LogProof(0, (), checkpoint(1).note))
    assert check_proof(data, leaf, ORIGIN, KEYS).head.size == 1


def test_a_proof_of_another_entry_is_refused() -> None:
    with pytest.raises(BadProof, match="another root"):
        check_proof(proof(5), TREE.read(0, 6), ORIGIN, KEYS)


def test_the_entry_in_a_proof_file_is_believed_only_because_its_hash_is_the_leaf() -> None:
    salted_otherwise = encode_entry(make_entry(Kind.CARD, bytes(32), party=bytes(32), card=bytes(32)))
    for other in (encode_entry(ENTRIES[6]), salted_otherwise):
        forged = prove_entry(other, 5, parse_proof(proof(5)).hashes, cosigned())
        with pytest.raises(BadProof, match="another root"):
            check_entry(forged, ORIGIN, KEYS)
    bare = parse_proof(proof(5))
    with pytest.raises(BadProof, match="no entry"):
        check_entry(format_proof(LogProof(5, bare.hashes, bare.checkpoint)), ORIGIN, KEYS)


def test_a_proof_against_another_state_of_the_log_is_refused() -> None:
    with pytest.raises(BadProof):
        check_entry(
            prove_entry(encode_entry(ENTRIES[5]), 5, parse_proof(proof(5)).hashes, checkpoint(13).note), ORIGIN, KEYS
        )


def test_a_checkpoint_that_the_log_did_not_sign_proves_nothing() -> None:
    with pytest.raises(BadNote, match="nobody"):
        check_entry(proof(), ORIGIN, keys(log_signers("ledger.example/other")))
    with pytest.raises(BadNote, match="not of"):
        check_entry(proof(), "ledger.example/other", KEYS)


def test_too_few_witnesses_are_refused_and_two_keys_of_one_count_once() -> None:
    assert check_entry(proof(), ORIGIN, KEYS, WITNESS_KEYS, quorum=1)
    for known, quorum in ((WITNESS_KEYS, 2), ((), 1), (keys(SECOND), 2)):
        with pytest.raises(BadProof, match="are asked for"):
            check_entry(proof(), ORIGIN, KEYS, known, quorum)


def test_a_log_is_no_witness_of_itself() -> None:
    with pytest.raises(BadProof, match="0 of the known witnesses"):
        check_entry(proof(), ORIGIN, KEYS, KEYS, quorum=1)


def test_a_wrong_cosignature_of_a_known_witness_is_refused_though_none_is_asked_for() -> None:
    text = proof()
    line = next(one for one in text.split(b"\n") if one.startswith("— ledger.example/ngo".encode()))
    swapped = text.replace(line, line[:-20] + (b"A" if line[-20:-19] != b"A" else b"B") + line[-19:])
    with pytest.raises(BadNote, match="is wrong"):
        check_entry(swapped, ORIGIN, KEYS, keys(SECOND))


HASH = b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"c2sp.org/tlog-proof@v1\n",
        b"c2sp.org/tlog-proof@v1\n\ncheckpoint\n",
        b"c2sp.org/tlog-proof@v2\nindex 5\n\ncheckpoint\n",
        b"c2sp.org/tlog-proof@v1\nindex 5\ncheckpoint\n",
        b"c2sp.org/tlog-proof@v1\r\nindex 5\r\n\r\ncheckpoint\n",
        b"\nc2sp.org/tlog-proof@v1\nindex 5\n\ncheckpoint\n",
        b"c2sp.org/tlog-proof@v1\nindex 5",
        b"c2sp.org/tlog-proof@v1\nIndex 5\n\ncheckpoint\n",
        b"c2sp.org/tlog-proof@v1\nindex 05\n\ncheckpoint\n",
        b"c2sp.org/tlog-proof@v1\nindex -5\n\ncheckpoint\n",
        b"c2sp.org/tlog-proof@v1\nindex  5\n\ncheckpoint\n",
        b"c2sp.org/tlog-proof@v1\nindex 9223372036854775808\n\ncheckpoint\n",
        b"c2sp.org/tlog-proof@v1\nindex 5\nextra aGk=\n\ncheckpoint\n",
        b"c2sp.org/tlog-proof@v1\nextra aGk\nindex 5\n\ncheckpoint\n",
        b"c2sp.org/tlog-proof@v1\nextra aGl=\nindex 5\n\ncheckpoint\n",
        b"c2sp.org/tlog-proof@v1\nextra aGk=\nextra aGk=\nindex 5\n\ncheckpoint\n",
        b"c2sp.org/tlog-proof@v1\nextra aGk=\n\ncheckpoint\n",
        b"c2sp.org/tlog-proof@v1\nindex 5\n" + HASH[:-1] + b"\n\ncheckpoint\n",
        b"c2sp.org/tlog-proof@v1\nindex 5\naGk=\n\ncheckpoint\n",
        b"c2sp.org/tlog-proof@v1\nindex 5\n" + (HASH + b"\n") * (MAX_HASHES + 1) + b"\ncheckpoint\n",
        b"c2sp.org/tlog-proof@v1\nextra " + b"AAAA" * 21846 + b"\nindex 5\n\ncheckpoint\n",
        b"c2sp.org/tlog-proof@v1\nindex \xff\n\ncheckpoint\n",
    ],
)
def test_a_malformed_proof_file_is_refused(data: bytes) -> None:
    with pytest.raises(BadProof):
        parse_proof(data)


def test_a_proof_file_that_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadProof, match="at most 393216 bytes"):
        parse_proof(format_proof(LogProof(0, (), b"x" * MAX_PROOF)))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_changed_byte_of_a_proof_file_goes_unseen(data: st.DataObject) -> None:
    """Nothing but the names and ids of signature lines may change: those keys are then unknown, and counted out."""
    good = proof()
    changed = bytearray(good)
    changed[data.draw(st.integers(0, len(good) - 1))] ^= data.draw(st.integers(1, 255))
    known = (*WITNESS_KEYS, *keys(SECOND))
    try:
        found, proven = check_entry(bytes(changed), ORIGIN, KEYS, known)
    except (BadProof, BadNote):
        return
    assert (found, proven.index) == (ENTRIES[5], 5)
    assert len(proven.cosigned) == 3, "one of the four cosignatures is not known any more"
