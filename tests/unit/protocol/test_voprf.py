"""The vectors of RFC 9497 through the reference and through ours; both on anything else; each refusal by name."""

import json
from collections.abc import Iterator, Sequence
from hashlib import sha512
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ristretto_reference as reference
from backchannel.errors import BackchannelError, BadMatching
from backchannel.protocol import voprf
from backchannel.protocol.libsodium import IDENTITY
from paths import SHARED_DATA, needs_shared_data
from ristretto_vectors import BAD_ENCODINGS, MULTIPLES

SUITE = reference.Suite(1)
SEED, INFO = sha512(b"seed").digest()[:32], b"lab to vendor, epoch 3"
KEY = voprf.public_key(SEED, INFO)
INPUTS = [b"host-%d.example" % number for number in range(5)]
BLINDS = [voprf.derive_blind(b"secret", b"%d" % number) for number in range(5)]
BLINDED = voprf.blind(INPUTS, BLINDS)
EVALUATION = voprf.evaluate(SEED, INFO, BLINDED)
ORDER = reference.L.to_bytes(32, "little")


def finalize(
    evaluated: Sequence[bytes] = EVALUATION.elements, proof: bytes = EVALUATION.proof, key: bytes = KEY
) -> None:
    voprf.finalize(INPUTS, BLINDS, BLINDED, evaluated, proof, key)


def with_one(elements: Sequence[bytes], at: int, other: bytes) -> list[bytes]:
    return [*elements[:at], other, *elements[at + 1 :]]


def number(data: bytes) -> int:
    return int.from_bytes(data, "little")


# --- the vectors of RFC 9497 -------------------------------------------------------------------------------------


def vectors(*modes: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    path = SHARED_DATA / "vectors" / "voprf" / "allVectors.json"
    for suite in json.loads(path.read_bytes()) if path.exists() else ():
        if suite["identifier"] == "ristretto255-SHA512" and suite["mode"] in modes:
            yield from ((suite, vector) for vector in suite["vectors"])


def field(vector: dict[str, Any], name: str) -> list[bytes]:
    return [bytes.fromhex(one) for one in vector[name].split(",")]


@needs_shared_data
def test_there_are_vectors_for_every_mode() -> None:
    assert [sum(1 for _ in vectors(mode)) for mode in (0, 1, 2)] == [2, 3, 3]


@pytest.mark.parametrize(("suite", "vector"), list(vectors(0, 1, 2)))
def test_the_reference_agrees_with_the_vectors(suite: dict[str, Any], vector: dict[str, Any]) -> None:
    ours, info = reference.Suite(suite["mode"]), bytes.fromhex(vector.get("Info", ""))
    secret, public = ours.derive_key(bytes.fromhex(suite["seed"]), bytes.fromhex(suite["keyInfo"]))
    inputs, blinds = field(vector, "Input"), [number(one) for one in field(vector, "Blind")]
    blinded = [ours.blind(data, blind) for data, blind in zip(inputs, blinds, strict=True)]
    proof = vector.get("Proof", {"proof": "", "r": ""})
    draw = number(bytes.fromhex(proof["r"]))
    evaluated, proved = ours.blind_evaluate(secret, public, blinded, draw, info)
    outputs = [
        ours.finalize(data, blind, element, info)
        for data, blind, element in zip(inputs, blinds, evaluated, strict=True)
    ]
    assert secret == number(bytes.fromhex(suite["skSm"]))
    assert reference.encode(public).hex() == suite.get("pkSm", reference.encode(public).hex())
    assert list(map(reference.encode, blinded)) == field(vector, "BlindedElement")
    assert list(map(reference.encode, evaluated)) == field(vector, "EvaluationElement")
    assert proved.hex() == proof["proof"]
    assert outputs == field(vector, "Output") == [ours.evaluate(secret, data, info) for data in inputs]
    if suite["mode"]:
        ours.check(public, blinded, evaluated, proved, info)


@pytest.mark.parametrize(("suite", "vector"), list(vectors(1)))
def test_ours_agree_with_the_vectors(suite: dict[str, Any], vector: dict[str, Any]) -> None:
    seed, info, key = (bytes.fromhex(suite[name]) for name in ("seed", "keyInfo", "pkSm"))
    names = ("Input", "Blind", "BlindedElement", "EvaluationElement", "Output")
    inputs, blinds, blinded, evaluated, outputs = (field(vector, name) for name in names)
    proof = bytes.fromhex(vector["Proof"]["proof"])
    assert voprf.public_key(seed, info) == key
    assert voprf.blind(inputs, blinds) == blinded
    assert list(voprf.evaluate(seed, info, blinded).elements) == evaluated
    assert voprf.finalize(inputs, blinds, blinded, evaluated, proof, key) == outputs
    assert voprf.own_outputs(seed, info, inputs) == outputs


@pytest.mark.parametrize(("suite", "vector"), list(vectors(1)))
def test_a_proof_of_ours_is_accepted_by_the_reference(suite: dict[str, Any], vector: dict[str, Any]) -> None:
    evaluation = voprf.evaluate(
        bytes.fromhex(suite["seed"]), bytes.fromhex(suite["keyInfo"]), field(vector, "BlindedElement")
    )
    assert evaluation.proof.hex() != vector["Proof"]["proof"]
    check_with_reference(field(vector, "BlindedElement"), evaluation, bytes.fromhex(suite["pkSm"]))


def check_with_reference(blinded: Sequence[bytes], evaluation: voprf.Evaluation, key: bytes) -> None:
    one, other = (list(map(reference.decode, elements)) for elements in (blinded, evaluation.elements))
    SUITE.verify(reference.decode(key), one, other, evaluation.proof)


# --- ours and the reference on whatever comes ----------------------------------------------------------------------

texts = st.binary(min_size=1, max_size=300)


@given(texts)
def test_hashes_are_those_of_the_reference(data: bytes) -> None:
    assert voprf.hash_to_group(data) == reference.encode(SUITE.hash_to_group(data))
    assert number(voprf.hash_to_scalar(data)) == SUITE.hash_to_scalar(data)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=40))
def test_keys_are_those_of_the_reference(seed: bytes, info: bytes) -> None:
    assert voprf.public_key(seed, info) == reference.encode(SUITE.derive_key(seed, info)[1])


@settings(max_examples=30)
@given(st.lists(texts, min_size=1, max_size=6, unique=True), st.binary(min_size=32, max_size=32), st.randoms())
def test_a_whole_batch_goes_as_in_the_reference(inputs: list[bytes], seed: bytes, random: Any) -> None:
    secret, public = SUITE.derive_key(seed, INFO)
    drawn = [random.randrange(1, reference.L) for _ in inputs]
    blinds = [one.to_bytes(32, "little") for one in drawn]
    points = [SUITE.blind(data, scalar) for data, scalar in zip(inputs, drawn, strict=True)]
    expected, proof = SUITE.blind_evaluate(secret, public, points, random.randrange(1, reference.L))
    outputs = [SUITE.evaluate(secret, data) for data in inputs]

    blinded, key = voprf.blind(inputs, blinds), reference.encode(public)
    evaluation = voprf.evaluate(seed, INFO, blinded)
    assert blinded == list(map(reference.encode, points))
    assert list(evaluation.elements) == list(map(reference.encode, expected))
    check_with_reference(blinded, evaluation, key)
    assert voprf.finalize(inputs, blinds, blinded, evaluation.elements, evaluation.proof, key) == outputs
    assert voprf.finalize(inputs, blinds, blinded, evaluation.elements, proof, key) == outputs
    assert voprf.own_outputs(seed, INFO, inputs) == outputs


def test_the_longest_input_is_taken() -> None:
    data = b"x" * voprf.LONGEST_INPUT
    blinded = voprf.blind([data], BLINDS[:1])
    evaluation = voprf.evaluate(SEED, INFO, blinded)
    outputs = voprf.finalize([data], BLINDS[:1], blinded, evaluation.elements, evaluation.proof, KEY)
    assert outputs == voprf.own_outputs(SEED, INFO, [data])


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_a_blind_is_made_again_from_its_secret_and_label(secret: bytes, label: bytes) -> None:
    blind = voprf.derive_blind(secret, label)
    assert blind == voprf.derive_blind(secret, label)
    assert 0 < number(blind) < reference.L


def test_blinds_differ_by_secret_and_by_label() -> None:
    made = {voprf.derive_blind(secret, label) for secret in (b"a", b"b", b"ab") for label in (b"", b"a", b"b")}
    assert len(made) == 9


def test_a_blind_is_never_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([bytes(32), bytes(32), BLINDS[0]])
    monkeypatch.setattr(voprf, "scalar_from", lambda _uniform: next(drawn))
    assert voprf.derive_blind(b"secret", b"label") == BLINDS[0]


# --- what is refused -----------------------------------------------------------------------------------------------


def test_the_batch_of_these_tests_is_good() -> None:
    finalize()


@pytest.mark.parametrize("at", range(5))
def test_one_element_of_a_batch_evaluated_with_another_key_fails_the_proof(at: int) -> None:
    other = voprf.evaluate(SEED, b"another", BLINDED).elements[at]
    with pytest.raises(BadMatching, match="the proof fails"):
        finalize(with_one(EVALUATION.elements, at, other))


def test_swapped_elements_fail_the_proof() -> None:
    first, second, *rest = EVALUATION.elements
    with pytest.raises(BadMatching, match="the proof fails"):
        finalize([second, first, *rest])


def test_a_proof_of_another_key_fails() -> None:
    other = voprf.evaluate(SEED, b"another", BLINDED)
    with pytest.raises(BadMatching, match="the proof fails"):
        finalize(other.elements, other.proof)


def test_a_proof_for_another_public_key_fails() -> None:
    with pytest.raises(BadMatching, match="the proof fails"):
        finalize(key=voprf.public_key(SEED, b"another"))


def test_a_proof_of_another_batch_fails() -> None:
    other = voprf.evaluate(SEED, INFO, BLINDED[:4])
    with pytest.raises(BadMatching, match="the proof fails"):
        finalize(proof=other.proof)


def test_a_proof_for_other_blinded_elements_fails() -> None:
    blinded = voprf.blind([b"else", *INPUTS[1:]], BLINDS)
    with pytest.raises(BadMatching, match="the proof fails"):
        voprf.finalize(INPUTS, BLINDS, blinded, EVALUATION.elements, EVALUATION.proof, KEY)


@pytest.mark.parametrize("at", range(0, 64, 7))
def test_a_proof_with_a_bit_changed_fails(at: int) -> None:
    changed = bytearray(EVALUATION.proof)
    changed[at] ^= 1
    with pytest.raises(BadMatching, match="proof"):
        finalize(proof=bytes(changed))


@pytest.mark.parametrize("length", [0, 1, 31, 32, 63])
def test_a_truncated_proof_is_refused(length: int) -> None:
    with pytest.raises(BadMatching, match=f"a proof of {length} bytes"):
        finalize(proof=EVALUATION.proof[:length])


def test_a_proof_with_bytes_behind_it_is_refused() -> None:
    with pytest.raises(BadMatching, match="a proof of 65 bytes"):
        finalize(proof=EVALUATION.proof + b"\0")


@pytest.mark.parametrize("scalar", [bytes(32), ORDER, b"\xff" * 32], ids=["zero", "the order", "all bits"])
@pytest.mark.parametrize("half", [0, 1])
def test_a_proof_of_bad_scalars_is_refused(scalar: bytes, half: int) -> None:
    halves = with_one([EVALUATION.proof[:32], EVALUATION.proof[32:]], half, scalar)
    with pytest.raises(BadMatching, match="not two scalars"):
        finalize(proof=b"".join(halves))


def test_a_proof_with_a_scalar_in_a_second_encoding_is_refused() -> None:
    response = number(EVALUATION.proof[32:]) + reference.L
    with pytest.raises(BadMatching, match="not two scalars"):
        finalize(proof=EVALUATION.proof[:32] + response.to_bytes(32, "little"))


@pytest.mark.parametrize("encoding", BAD_ENCODINGS)
def test_an_element_that_is_not_canonical_is_refused(encoding: str) -> None:
    bad = bytes.fromhex(encoding)
    with pytest.raises(BadMatching, match=r"number 3 of its batch, is not canonical"):
        voprf.evaluate(SEED, INFO, with_one(BLINDED, 2, bad))
    with pytest.raises(BadMatching, match=r"number 3 of its batch, is not canonical"):
        finalize(with_one(EVALUATION.elements, 2, bad))
    with pytest.raises(BadMatching, match="canonical"):
        voprf.check_public_key(bad)


def test_the_identity_is_refused() -> None:
    with pytest.raises(BadMatching, match="identity"):
        voprf.evaluate(SEED, INFO, with_one(BLINDED, 2, IDENTITY))
    with pytest.raises(BadMatching, match="identity"):
        finalize(with_one(EVALUATION.elements, 2, IDENTITY))
    with pytest.raises(BadMatching, match="identity"):
        finalize(key=IDENTITY)


def test_sums_that_are_the_identity_fail_the_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voprf, "_composites", lambda *_: (IDENTITY, IDENTITY))
    with pytest.raises(BadMatching, match="add up to the identity"):
        finalize()


def test_an_input_that_is_mapped_to_the_identity_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voprf, "element_from", lambda _uniform: IDENTITY)
    with pytest.raises(BackchannelError, match="mapped to the identity"):
        voprf.blind(INPUTS, BLINDS)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_an_element_of_another_length_is_refused(length: int) -> None:
    bad = (bytes.fromhex(MULTIPLES[1]) * 2)[:length]
    with pytest.raises(BadMatching, match=f"{length} bytes"):
        voprf.evaluate(SEED, INFO, with_one(BLINDED, 2, bad))
    with pytest.raises(BadMatching, match=f"{length} bytes"):
        finalize(with_one(EVALUATION.elements, 2, bad))
    with pytest.raises(BadMatching, match=f"{length} bytes"):
        finalize(key=bad)


def test_a_repeated_element_is_refused() -> None:
    with pytest.raises(BadMatching, match="twice"):
        voprf.evaluate(SEED, INFO, [*BLINDED, BLINDED[0]])
    with pytest.raises(BadMatching, match="twice"):
        finalize(with_one(EVALUATION.elements, 2, EVALUATION.elements[0]))


def test_an_empty_batch_is_refused() -> None:
    with pytest.raises(BadMatching, match="not 0"):
        voprf.evaluate(SEED, INFO, [])
    with pytest.raises(BadMatching, match="not 0"):
        finalize([])


def test_an_over_long_batch_is_refused_before_it_is_read() -> None:
    too_many = [bytes(32)] * (voprf.MOST_IN_BATCH + 1)
    with pytest.raises(BadMatching, match="4097"):
        voprf.evaluate(SEED, INFO, too_many)
    with pytest.raises(BadMatching, match="4097"):
        finalize(too_many)


@pytest.mark.parametrize("count", [1, 4])
def test_a_batch_that_lacks_elements_is_refused(count: int) -> None:
    with pytest.raises(BadMatching, match=f"{count} evaluated elements came for 5"):
        finalize(EVALUATION.elements[:count])


@given(st.lists(st.binary(max_size=33), max_size=5), st.binary(max_size=65), st.binary(max_size=33))
def test_whatever_comes_is_refused_by_name(elements: list[bytes], proof: bytes, key: bytes) -> None:
    with pytest.raises(BadMatching):
        finalize(elements, proof)
    with pytest.raises(BadMatching):
        finalize(key=key)


def test_no_blind_is_used_before_the_proof_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voprf, "invert_all", lambda _blinds: pytest.fail("a blind was used"))
    with pytest.raises(BadMatching):
        finalize(proof=EVALUATION.proof[32:] + EVALUATION.proof[:32])


@pytest.mark.parametrize("blind", [bytes(32), ORDER, b"\xff" * 32, bytes(31), b"\x01" * 33, b""])
def test_a_blind_that_is_zero_or_no_scalar_is_a_fault_of_ours(blind: bytes) -> None:
    blinds = with_one(BLINDS, 2, blind)
    with pytest.raises(BackchannelError, match="a blind is zero") as caught:
        voprf.blind(INPUTS, blinds)
    assert type(caught.value) is BackchannelError
    with pytest.raises(BackchannelError, match="a blind is zero"):
        voprf.finalize(INPUTS, blinds, BLINDED, EVALUATION.elements, EVALUATION.proof, KEY)


@pytest.mark.parametrize("data", [b"", b"x" * (voprf.LONGEST_INPUT + 1)], ids=["empty", "too long"])
def test_an_input_without_a_fitting_length_is_a_fault_of_ours(data: bytes) -> None:
    inputs = with_one(INPUTS, 2, data)
    for work in (
        lambda: voprf.hash_to_group(data),
        lambda: voprf.blind(inputs, BLINDS),
        lambda: voprf.finalize(inputs, BLINDS, BLINDED, EVALUATION.elements, EVALUATION.proof, KEY),
        lambda: voprf.own_outputs(SEED, INFO, inputs),
    ):
        with pytest.raises(BackchannelError, match=f"not {len(data)}"):
            work()


def test_an_input_that_comes_twice_under_one_blind_is_a_fault_of_ours() -> None:
    with pytest.raises(BackchannelError, match="twice"):
        voprf.blind([b"a", b"a"], [BLINDS[0], BLINDS[0]])


def test_numbers_that_do_not_go_together_are_a_fault_of_ours() -> None:
    with pytest.raises(BackchannelError, match="5 inputs do not go with 4 blinds"):
        voprf.blind(INPUTS, BLINDS[:4])
    with pytest.raises(BackchannelError, match="5 inputs do not go with 4 blinded"):
        voprf.finalize(INPUTS, BLINDS, BLINDED[:4], EVALUATION.elements, EVALUATION.proof, KEY)
    with pytest.raises(BackchannelError, match="not 0"):
        voprf.blind([], [])
    with pytest.raises(BackchannelError, match="not 4097"):
        voprf.blind([b"x"] * 4097, [BLINDS[0]] * 4097)


@pytest.mark.parametrize(("seed", "info"), [(SEED[:31], INFO), (SEED + b"\0", INFO), (SEED, b"x" * 1025)])
def test_a_seed_or_an_info_of_another_length_is_a_fault_of_ours(seed: bytes, info: bytes) -> None:
    for work in (
        lambda: voprf.public_key(seed, info),
        lambda: voprf.evaluate(seed, info, BLINDED),
        lambda: voprf.own_outputs(seed, info, INPUTS),
    ):
        with pytest.raises(BackchannelError, match="bytes, not"):
            work()


def test_outputs_are_those_of_rfc_9497_finalize() -> None:
    secret, _ = SUITE.derive_key(SEED, INFO)
    element = reference.encode(reference.multiply(secret, SUITE.hash_to_group(INPUTS[0])))
    expected = sha512(b"\x00\x0e" + INPUTS[0] + b"\x00\x20" + element + b"Finalize").digest()
    assert voprf.own_outputs(SEED, INFO, INPUTS[:1]) == [expected]
