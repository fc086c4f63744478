import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.errors import BackchannelError, BadNote, BadProof, Equivocation, StaleCheckpoint
from backchannel.protocol.accusations import check_accusation
from backchannel.protocol.checkpoints import (
    Checkpoint,
    Witnessed,
    cosign,
    cosignatures,
    open_checkpoint,
    sign_checkpoint,
    witness,
)
from backchannel.protocol.merkle import EMPTY_ROOT
from backchannel.protocol.merkle_proof import prove_consistency
from backchannel.protocol.note_keys import SignatureType
from backchannel.protocol.notes import Note, parse_note, sign_note, with_signatures
from backchannel.protocol.tree_head import TreeHead, format_tree_head
from logs import KEYS, ORIGIN, TIME, WITNESS, WITNESS_KEYS, checkpoint, log_signers, signer, tree, witness_signers

EMPTY = sign_checkpoint(TreeHead(ORIGIN, 0, EMPTY_ROOT), log_signers(), TIME)


def step(last: Witnessed | None, size: int, fork: str = "", proof_of: str | None = None) -> Witnessed:
    """A witness's step to that size, with the proof that the log (or its fork) would give."""
    old = last.checkpoint.head.size if last else 0
    source = tree(40, fork if proof_of is None else proof_of)
    proof = prove_consistency(source.read, old, size) if 0 < old < size else []
    return witness(last, checkpoint(size, fork).note, ORIGIN, KEYS, proof)


# --- the log -------------------------------------------------------------------------------------


def test_a_checkpoint_is_opened_by_all_keys_of_its_log() -> None:
    assert open_checkpoint(checkpoint(7).note, ORIGIN, KEYS) == checkpoint(7)


@pytest.mark.parametrize("at", [0, 1])
def test_a_checkpoint_with_one_of_two_signatures_missing_is_refused(at: int) -> None:
    note = parse_note(checkpoint(7).note)
    for lines in (note.signatures[at : at + 1],):
        with pytest.raises(BadNote, match="lacks a signature"):
            open_checkpoint(bytes(Note(note.text, lines)), ORIGIN, KEYS)


def test_a_checkpoint_of_another_log_under_the_same_keys_is_refused() -> None:
    """Note signatures of kind 0x01 do not bind the origin: whoever holds the keys can sign for any."""
    text = format_tree_head(TreeHead("ledger.example/other", 7, tree(7).root()))
    note = bytes(sign_note(text, log_signers(), TIME))
    with pytest.raises(BadNote, match="not of 'ledger"):
        open_checkpoint(note, ORIGIN, KEYS)


def test_a_checkpoint_signed_by_somebody_else_is_refused() -> None:
    text = format_tree_head(checkpoint(7).head)
    note = bytes(sign_note(text, witness_signers(), TIME))
    with pytest.raises(BadNote, match="nobody"):
        open_checkpoint(note, ORIGIN, KEYS)


def test_no_key_is_no_licence() -> None:
    with pytest.raises(BadNote, match="nobody"):
        open_checkpoint(checkpoint(7).note, ORIGIN, [])


def test_a_log_signs_under_its_own_origin_with_its_own_kinds_and_without_extension_lines() -> None:
    head = checkpoint(7).head
    wrong = [(), (signer(WITNESS, SignatureType.ED25519),), (signer(ORIGIN, SignatureType.COSIGNATURE),)]
    for signers in wrong:
        with pytest.raises(ValueError, match="signs under its origin"):
            sign_checkpoint(head, signers, TIME)
    with pytest.raises(ValueError, match="extension"):
        sign_checkpoint(TreeHead(ORIGIN, 7, head.root, ("more",)), log_signers(), TIME)


# --- the witness ---------------------------------------------------------------------------------


def test_a_witness_takes_the_first_checkpoint_and_every_one_that_goes_on_from_the_last() -> None:
    held = None
    for size in (1, 2, 2, 3, 8, 13, 13, 32, 40):
        held = step(held, size)
        assert held.checkpoint == checkpoint(size)


def test_an_empty_log_may_grow_without_a_proof() -> None:
    held = witness(None, EMPTY.note, ORIGIN, KEYS)
    assert witness(held, checkpoint(7).note, ORIGIN, KEYS).checkpoint == checkpoint(7)
    with pytest.raises(BadProof, match="nothing to prove"):
        witness(held, checkpoint(7).note, ORIGIN, KEYS, [bytes(32)])


def test_a_witness_refuses_another_root_of_the_same_size_with_an_accusation() -> None:
    held = step(None, 13)
    with pytest.raises(Equivocation) as caught:
        step(held, 13, "fork")
    shown = check_accusation(caught.value.accusation, KEYS)
    assert {shown.one.root, shown.other.root} == {tree(13).root(), tree(13, "fork").root()}


def test_a_witness_refuses_a_smaller_checkpoint() -> None:
    with pytest.raises(StaleCheckpoint, match="showed 13 before"):
        step(step(None, 13), 12)


@pytest.mark.parametrize("proof_of", ["", "fork"])
def test_a_witness_refuses_a_larger_checkpoint_of_a_forked_log(proof_of: str) -> None:
    with pytest.raises(BadProof):
        step(step(None, 13), 20, "fork", proof_of)


def test_a_witness_refuses_a_larger_checkpoint_without_a_proof() -> None:
    with pytest.raises(BadProof, match="empty"):
        witness(step(None, 13), checkpoint(20).note, ORIGIN, KEYS)


def test_a_witness_refuses_a_proof_where_none_is_due() -> None:
    for held, size in ((None, 13), (step(None, 13), 13)):
        with pytest.raises(BadProof, match="nothing to prove"):
            witness(held, checkpoint(size).note, ORIGIN, KEYS, [bytes(32)])


def test_a_witness_refuses_what_the_log_did_not_sign_before_anything_else() -> None:
    forged = Note(parse_note(checkpoint(13, "fork").note).text, parse_note(checkpoint(13).note).signatures)
    with pytest.raises(BadNote, match="is wrong"):
        witness(step(None, 13), bytes(forged), ORIGIN, KEYS)


def test_what_is_held_of_another_log_is_never_continued() -> None:
    other = "ledger.example/other"
    with pytest.raises(ValueError, match="is of"):
        witness(Witnessed(checkpoint(13, "", other)), checkpoint(13).note, ORIGIN, KEYS)


@given(
    st.lists(st.tuples(st.integers(1, 40), st.sampled_from(["", "fork"]), st.sampled_from(["", "fork"])), max_size=8)
)
def test_a_witness_never_holds_two_histories_whatever_it_is_shown(shown: list[tuple[int, str, str]]) -> None:
    held, accepted = None, [0]
    histories = {"", "fork"}
    for size, fork, proof_of in shown:
        try:
            held = step(held, size, fork, proof_of)
        except (BadProof, Equivocation, StaleCheckpoint):
            continue
        if size > 5:
            histories &= {fork}
            assert histories, "both histories were accepted"
        accepted.append(size)
    assert accepted == sorted(accepted)


# --- cosignatures --------------------------------------------------------------------------------


def cosigned(size: int) -> bytes:
    """The log's checkpoint with the lines of the witness."""
    lines = cosign(step(None, size), witness_signers(), TIME)
    return bytes(with_signatures(parse_note(checkpoint(size).note), lines))


def test_a_cosigned_checkpoint_shows_who_cosigned_and_when() -> None:
    signed = cosignatures(cosigned(7), WITNESS_KEYS)
    assert {(one.key, one.time) for one in signed} == {(key, TIME) for key in WITNESS_KEYS}
    assert open_checkpoint(cosigned(7), ORIGIN, KEYS).head == checkpoint(7).head


def test_a_cosignature_holds_for_its_checkpoint_alone() -> None:
    lines = parse_note(cosigned(7)).signatures
    moved = bytes(Note(parse_note(checkpoint(8).note).text, lines))
    with pytest.raises(BadNote, match="is wrong"):
        cosignatures(moved, WITNESS_KEYS)


def test_a_checkpoint_without_cosignatures_has_none() -> None:
    assert cosignatures(checkpoint(7).note, WITNESS_KEYS) == ()
    assert cosignatures(cosigned(7), []) == ()


def test_a_plain_signature_is_no_cosignature() -> None:
    plain = signer(WITNESS, SignatureType.ED25519)
    note = with_signatures(
        parse_note(checkpoint(7).note), sign_note(format_tree_head(checkpoint(7).head), [plain], TIME).signatures
    )
    assert cosignatures(bytes(note), [plain.verifier_key]) == ()


def test_a_witness_cosigns_under_its_own_name_with_kinds_that_state_a_time() -> None:
    held = step(None, 7)
    for wrong in (signer(WITNESS, SignatureType.ED25519), signer(ORIGIN, SignatureType.MLDSA44)):
        with pytest.raises(ValueError, match="own name"):
            cosign(held, [wrong], TIME)


def test_a_cosignature_is_made_of_what_was_stored_and_nothing_else() -> None:
    """`cosign` takes the type that only `witness` makes, so that nothing is cosigned that was not checked."""
    assert isinstance(step(None, 7), Witnessed)
    assert not isinstance(checkpoint(7), Witnessed)
    assert isinstance(step(None, 7).checkpoint, Checkpoint)


def test_refusals_of_a_witness_are_the_counterparts_fault() -> None:
    for kind in (BadNote, BadProof, StaleCheckpoint, Equivocation):
        assert issubclass(kind, BackchannelError)
        assert kind.blame == "them"
