"""The verifiable oblivious function of RFC 9497: mode 0x01 (VOPRF) with ristretto255-SHA512.

One side, the evaluator, holds a seed; the other has inputs that it does not show. It blinds each input, the evaluator
evaluates what it cannot read and proves that it used the key it is known by, and the first side unblinds. Both can
then compute the same 64 bytes for the same input, and neither has learned anything else.

A `Client` of RFC 9497 draws its blinds at random and keeps them in memory. Here the caller derives them from a secret
that it has stored (`derive_blind`): a session that is taken up by another process makes the same bytes again.

Rules:
- Whatever bytes the other side sends, a function here returns or raises `BadMatching`. What our own side gives it
  wrongly is a fault of the program, and raises `BackchannelError`.
- Elements of the other side are used only when each has 32 bytes, is canonical and is not the identity, when none
  comes twice, and when there are no more than `MOST_IN_BATCH`. A blind meets an evaluated element only after the
  proof for the whole batch was verified.
- The evaluator's key lives in `voprf` (Rust, curve25519-dalek), blinds in libsodium: both compute with secret scalars
  in constant time. Hashing an input takes time that depends on its length. Verifying a proof handles public values.
  In Python, seeds, blinds and inputs are plain bytes: anybody who can read this process's memory has them.
"""

import hmac
from collections.abc import Sequence
from hashlib import sha512
from typing import Final

import msgspec
from voprf.ristretto import BlindedInput, Evaluator

from backchannel.errors import BackchannelError, BadMatching
from backchannel.protocol.libsodium import (
    ELEMENT,
    IDENTITY,
    SCALAR,
    UNIFORM,
    add,
    element_from,
    invert_all,
    is_element,
    is_scalar,
    multiply,
    multiply_base,
    scalar_from,
)
from backchannel.protocol.matching_engine import PROOF, SEED

MOST_IN_BATCH: Final = 4096
"""Most elements under one proof that a function here takes; RFC 9497 allows 2^16 - 1. Engines put far fewer under
one (`matching_engine.IN_PART`)."""

LONGEST_INPUT: Final = 2**16 - 1
"""Longest input in bytes (RFC 9497, 1.2). The shortest has one byte."""

LONGEST_INFO: Final = 1024
"""Longest `info` in bytes that a key is derived with."""

OUTPUT: Final = 64
"""Length of an output in bytes."""

_CONTEXT = b"OPRFV1-\x01-ristretto255-SHA512"
_SEED_DST = b"Seed-" + _CONTEXT
_BLIND_DOMAIN = b"Backchannel-V1-Blind"


def _suffix(tag: bytes) -> bytes:
    """What RFC 9380, 5.3.1, puts behind a message of which 64 bytes are made: their number, a zero, the tag."""
    return b"\x00\x40\x00" + tag + bytes([len(tag)])


_GROUP = _suffix(b"HashToGroup-" + _CONTEXT)
_SCALAR = _suffix(b"HashToScalar-" + _CONTEXT)
_PAD = bytes(128)


class Evaluation(msgspec.Struct, frozen=True):
    """A batch evaluated."""

    elements: tuple[bytes, ...]
    """In the order of the blinded elements, each 32 bytes."""
    proof: bytes
    """That all were evaluated with the key of the public key, 64 bytes (RFC 9497, 2.2.1)."""


def hash_to_group(data: bytes) -> bytes:
    """The element of an input, 32 bytes (RFC 9497, 4.1, `HashToGroup`).

    Raises:
        BackchannelError: it is empty or longer than `LONGEST_INPUT`; or its element is the identity, which nobody can
            find.
    """
    if not 1 <= len(data) <= LONGEST_INPUT:
        raise BackchannelError(f"an input has from 1 to {LONGEST_INPUT} bytes, not {len(data)}")
    element = element_from(_expand(_PAD + data, _GROUP))
    if element == IDENTITY:
        raise BackchannelError("an input is mapped to the identity")
    return element


def hash_to_scalar(data: bytes) -> bytes:
    """The scalar of a transcript, 32 bytes (RFC 9497, 4.1, `HashToScalar`)."""
    return scalar_from(_expand(_PAD + data, _SCALAR))


def derive_blind(secret: bytes, label: bytes) -> bytes:
    """The blind of one input: a scalar, never zero, always the same for the same secret and label.

    HMAC-SHA512 under the secret, its 64 bytes reduced by the group's order, with a bias below 2^-250. No label
    may serve for two inputs under one secret: whoever sees both elements could test how the inputs are related.
    """
    message = _BLIND_DOMAIN + label
    while not is_scalar(scalar := scalar_from(hmac.digest(secret, message, "sha512"))):
        message += b"\0"  # it was zero, which nobody will see
    return scalar


def public_key(seed: bytes, info: bytes) -> bytes:
    """The public key, 32 bytes, of the key that is derived from a seed (32 bytes) and an `info` that anybody may know
    (RFC 9497, 3.2.1, `DeriveKeyPair`).

    Raises:
        BackchannelError: the seed or the info has another length.
    """
    return bytes(_evaluator(seed, info).public_key.serialize())


def check_public_key(key: bytes) -> None:
    """Refuse 32 bytes that cannot be an evaluator's key.

    Raises:
        BadMatching: another length, not canonical, or the identity.
    """
    _check_form([key], "the public key")
    if not is_element(key):
        raise BadMatching("the public key is not the canonical encoding of an element")


def blind(inputs: Sequence[bytes], blinds: Sequence[bytes]) -> list[bytes]:
    """The blinded element of each input, to be evaluated (RFC 9497, 3.3.2, `Blind`).

    Raises:
        BackchannelError: there are none or too many, not one blind for each, a blind is zero or no scalar, an input
            has no fitting length, or two elements are the same.
    """
    _check_ours(inputs, blinds)
    elements = [multiply(scalar, hash_to_group(data)) for data, scalar in zip(inputs, blinds, strict=True)]
    if len(set(elements)) != len(elements):
        raise BackchannelError("an input comes twice under one blind")
    return elements


def evaluate(seed: bytes, info: bytes, elements: Sequence[bytes]) -> Evaluation:
    """A batch of blinded elements evaluated, with one proof for all, of which no two are the same (RFC 9497, 3.3.2,
    `BlindEvaluate`; 2.2.1).

    Raises:
        BadMatching: the batch is empty or over-long; an element has not 32 bytes, is not canonical, is the identity
            or comes twice.
        BackchannelError: the seed or the info has another length.
    """
    evaluator = _evaluator(seed, info)
    _check_batch(elements, "a blinded element")
    read: list[BlindedInput] = []
    try:
        for element in elements:
            read.append(BlindedInput.deserialize(element))  # noqa: PERF401 (its length says where it stopped)
    except ValueError:
        raise BadMatching(f"a blinded element, number {len(read) + 1} of its batch, is not canonical") from None
    data = bytes(evaluator.evaluate_batch(read).serialize())
    evaluated = tuple(data[start : start + ELEMENT] for start in range(PROOF, len(data), ELEMENT))
    return Evaluation(evaluated, data[:PROOF])


def verify(blinded: Sequence[bytes], evaluated: Sequence[bytes], proof: bytes, key: bytes) -> None:
    """Verify that a batch was evaluated, element by element, with the key of this public key (RFC 9497, 2.2.2,
    `VerifyProof`).

    It does not show that nobody else can evaluate, nor that the key is the one of another batch: compare public keys.

    Raises:
        BadMatching: the proof fails; the numbers of elements differ; or one is not as `evaluate` asks for it.
    """
    check_public_key(key)
    _check_batch(blinded, "a blinded element")
    _check_batch(evaluated, "an evaluated element")
    if len(blinded) != len(evaluated):
        raise BadMatching(f"{len(evaluated)} evaluated elements came for {len(blinded)}")
    challenge, response = proof[:SCALAR], proof[SCALAR:]
    if not (is_scalar(challenge) and is_scalar(response)):
        raise BadMatching(f"a proof of {len(proof)} bytes, which is not two scalars")
    sums = _composites(blinded, evaluated, key)
    try:
        commitments = [
            add(multiply_base(response), multiply(challenge, key)),
            add(multiply(response, sums[0]), multiply(challenge, sums[1])),
        ]
    except ValueError:
        raise BadMatching("the elements of a batch add up to the identity") from None
    transcript = b"".join(map(_with_length, (key, *sums, *commitments))) + b"Challenge"
    if hash_to_scalar(transcript) != challenge:
        raise BadMatching("the proof fails: the batch was not evaluated, or not all of it, with the key it should be")


def finalize(
    inputs: Sequence[bytes],
    blinds: Sequence[bytes],
    blinded: Sequence[bytes],
    evaluated: Sequence[bytes],
    proof: bytes,
    key: bytes,
) -> list[bytes]:
    """The output of each input, 64 bytes, after the proof for the batch was verified (RFC 9497, 3.3.2, `Finalize`).

    Args:
        blinded: what `blind` made of these inputs and blinds, and was sent.
        key: the public key that the evaluator is known by.

    Raises:
        BadMatching: as `verify`.
        BackchannelError: as `blind`.
    """
    _check_ours(inputs, blinds)
    if len(blinded) != len(inputs):
        raise BackchannelError(f"{len(inputs)} inputs do not go with {len(blinded)} blinded elements")
    verify(blinded, evaluated, proof, key)
    unblinded = map(multiply, invert_all(blinds), evaluated)
    return [
        sha512(_with_length(data) + _with_length(element) + b"Finalize").digest()
        for data, element in zip(inputs, unblinded, strict=True)
    ]


def own_outputs(seed: bytes, info: bytes, inputs: Sequence[bytes]) -> list[bytes]:
    """The outputs of the evaluator's own inputs, 64 bytes each: those that `finalize` gives the other side for the
    same inputs (RFC 9497, 3.3.1, `Evaluate`).

    Raises:
        BackchannelError: an input, the seed or the info has no fitting length.
    """
    evaluator = _evaluator(seed, info)
    for data in inputs:
        _check_input(data)
    return [bytes(evaluator.evaluate_known_input(data)) for data in inputs]


# --- what is refused -----------------------------------------------------------------------------------------------


def _check_batch(elements: Sequence[bytes], what: str) -> None:
    """All but canonicity, which whoever decodes the elements finds out."""
    if not 1 <= len(elements) <= MOST_IN_BATCH:
        raise BadMatching(f"a batch has from 1 to {MOST_IN_BATCH} elements, not {len(elements)}")
    _check_form(elements, what)
    if len(set(elements)) != len(elements):
        raise BadMatching(f"{what} comes twice in a batch")


def _check_form(elements: Sequence[bytes], what: str) -> None:
    for element in elements:
        if len(element) != ELEMENT:
            raise BadMatching(f"{what} has {len(element)} bytes, not {ELEMENT}")
        if element == IDENTITY:
            raise BadMatching(f"{what} is the identity")


def _check_ours(inputs: Sequence[bytes], blinds: Sequence[bytes]) -> None:
    if not 1 <= len(inputs) <= MOST_IN_BATCH:
        raise BackchannelError(f"a batch has from 1 to {MOST_IN_BATCH} inputs, not {len(inputs)}")
    if len(inputs) != len(blinds):
        raise BackchannelError(f"{len(inputs)} inputs do not go with {len(blinds)} blinds")
    for data in inputs:
        _check_input(data)
    if not all(map(is_scalar, blinds)):
        raise BackchannelError("a blind is zero, or not a scalar in its one encoding")


def _check_input(data: bytes) -> None:
    if not 1 <= len(data) <= LONGEST_INPUT:
        raise BackchannelError(f"an input has from 1 to {LONGEST_INPUT} bytes, not {len(data)}")


# --- parts of RFC 9497 ---------------------------------------------------------------------------------------------


def _evaluator(seed: bytes, info: bytes) -> Evaluator:
    if len(seed) != SEED:
        raise BackchannelError(f"a seed has {SEED} bytes, not {len(seed)}")
    if len(info) > LONGEST_INFO:
        raise BackchannelError(f"an info has at most {LONGEST_INFO} bytes, not {len(info)}")
    return Evaluator.from_seed(seed, info)


def _composites(blinded: Sequence[bytes], evaluated: Sequence[bytes], key: bytes) -> tuple[bytes, bytes]:
    """The weighted sums of both batches (RFC 9497, 2.2.1, `ComputeComposites`)."""
    seed = sha512(_with_length(key) + _with_length(_SEED_DST)).digest()
    head = _PAD + _with_length(seed)
    length = ELEMENT.to_bytes(2)
    sums = IDENTITY, IDENTITY
    for index, (one, other) in enumerate(zip(blinded, evaluated, strict=True)):
        transcript = b"".join((head, index.to_bytes(2), length, one, length, other, b"Composite"))
        weight = scalar_from(_expand(transcript, _SCALAR))
        try:
            sums = add(sums[0], multiply(weight, one)), add(sums[1], multiply(weight, other))
        except ValueError:
            raise BadMatching(f"an evaluated element, number {index + 1} of its batch, is not canonical") from None
    return sums


def _expand(padded: bytes, suffix: bytes) -> bytes:
    """64 bytes of a message behind a block of zeros (RFC 9380, 5.3.1, `expand_message_xmd` with SHA-512)."""
    first = sha512(padded + suffix).digest()
    return sha512(first + b"\x01" + suffix[3:]).digest()[:UNIFORM]


def _with_length(data: bytes) -> bytes:
    return len(data).to_bytes(2) + data
