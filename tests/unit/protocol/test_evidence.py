"""Proof files and accusations that carry the cards that it takes to check them."""

from datetime import UTC, datetime

import pytest
import rfc8785

from backchannel.errors import BadNote, BadProof
from backchannel.protocol.accusations import accuse
from backchannel.protocol.checkpoints import Witnessed, cosign, sign_checkpoint
from backchannel.protocol.evidence import check_accusation_file, check_evidence, write_accusation
from backchannel.protocol.ledger import Kind, encode_entry, make_entry
from backchannel.protocol.ledger_keys import log_keys, log_signers, origin, witness_signers
from backchannel.protocol.merkle import Tree, leaf_hash
from backchannel.protocol.merkle_proof import prove_inclusion
from backchannel.protocol.notes import parse_note, with_signatures
from backchannel.protocol.proofs import LogProof, format_proof, parse_proof, prove_entry
from backchannel.protocol.tree_head import TreeHead
from two_parties import LAB, MALLORY, VENDOR, Node

TIME = 1_790_000_000
ENTRIES = [make_entry(Kind.CARD, bytes([number] * 32), party=bytes(32), card=bytes(32)) for number in range(5)]
TREE = Tree(leaf_hash(encode_entry(one)) for one in ENTRIES)


def checkpoint(owner: Node = LAB, root: bytes = TREE.root(), witness: Node | None = VENDOR) -> bytes:
    signed = sign_checkpoint(TreeHead(origin(owner.key), 5, root), log_signers(owner.private, owner.key), TIME)
    if witness is None:
        return signed.note
    lines = cosign(Witnessed(signed), witness_signers(witness.private, witness.key), TIME + 60)
    return bytes(with_signatures(parse_note(signed.note), lines))


def proof(note: bytes, *cards: Node, index: int = 3) -> bytes:
    path = prove_inclusion(TREE.read, index, 5)
    return prove_entry(encode_entry(ENTRIES[index]), index, path, note, [one.card_bytes for one in cards])


def test_a_proof_file_is_checked_with_nothing_else_at_hand() -> None:
    found = check_evidence(proof(checkpoint(), LAB, VENDOR))
    assert (found.entry, found.proven.index, found.proven.head.size) == (ENTRIES[3], 3, 5)
    assert found.owner == LAB.card
    assert found.witnesses == ((VENDOR.card, datetime.fromtimestamp(TIME + 60, UTC)),)


def test_without_a_witness_only_the_owner_says_so() -> None:
    assert check_evidence(proof(checkpoint(witness=None), LAB, VENDOR)).witnesses == ()
    assert check_evidence(proof(checkpoint(), LAB)).witnesses == ()


def test_a_proof_about_one_party_does_not_pass_for_anothers() -> None:
    for note, cards in ((checkpoint(), (MALLORY, VENDOR)), (checkpoint(MALLORY), (LAB, VENDOR))):
        with pytest.raises(BadNote):
            check_evidence(proof(note, *cards))


def test_a_party_is_no_witness_of_itself() -> None:
    with pytest.raises(BadProof, match="does not hold the key card"):
        check_evidence(proof(checkpoint()))
    assert check_evidence(proof(checkpoint(witness=None), LAB, LAB)).witnesses == ()


def test_one_of_two_signatures_of_a_witness_is_not_enough() -> None:
    note = parse_note(checkpoint())
    missing = [one for one in note.signatures if "witness" not in one.name]
    (first, _) = [one for one in note.signatures if "witness" in one.name]
    half = bytes(type(note)(note.text, (*missing, first)))
    assert check_evidence(proof(half, LAB, VENDOR)).witnesses == ()


def test_a_card_that_was_tampered_with_proves_nothing() -> None:
    read = parse_proof(proof(checkpoint(), LAB))
    extra = (read.extra or b"").replace(b"Lab of Human Rights", b"Lab of Other Things")
    with pytest.raises(BadProof, match="a key card in the file is none"):
        check_evidence(format_proof(LogProof(read.index, read.hashes, read.checkpoint, extra)))


@pytest.mark.parametrize("extra", [b"", b"{}", b"\xff", b"[" * 50_000, b'{"cards":[],"entry":"","more":1}'])
def test_what_is_no_opening_proves_nothing(extra: bytes) -> None:
    read = parse_proof(proof(checkpoint(), LAB))
    with pytest.raises(BadProof):
        check_evidence(format_proof(LogProof(read.index, read.hashes, read.checkpoint, extra)))


# --- accusations ---------------------------------------------------------------------------------


def accusation(owner: Node = LAB) -> bytes:
    notes = [checkpoint(owner, root, None) for root in (TREE.root(), b"\1" * 32)]
    return accuse(notes[0], notes[1], log_keys(owner.card))


def test_an_accusation_names_whom_it_accuses_and_needs_no_node() -> None:
    card, found = check_accusation_file(write_accusation(accusation(), LAB.card_bytes))
    assert card == LAB.card
    assert {found.one.root, found.other.root} == {TREE.root(), b"\1" * 32}


def test_an_accusation_does_not_stick_to_somebody_else() -> None:
    with pytest.raises(BadNote):
        check_accusation_file(write_accusation(accusation(), MALLORY.card_bytes))


EMPTY = b'{"accusation":"","card":""}'


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b"[" * 100_000, bytes(3_000_000), EMPTY])
def test_what_is_no_accusation_accuses_nobody(data: bytes) -> None:
    with pytest.raises((BadProof, BadNote)):
        check_accusation_file(data)


def test_an_accusation_has_one_spelling() -> None:
    data = write_accusation(accusation(), LAB.card_bytes)
    check_accusation_file(data + b"\n")
    with pytest.raises(BadProof, match="canonical"):
        check_accusation_file(data.replace(b'{"accusation"', b'{ "accusation"'))
    assert rfc8785.dumps({"a": 1}) == b'{"a":1}'
