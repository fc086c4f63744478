"""A made-up log with two keys, two witnesses with two keys each, and trees of any size."""

import hashlib
from collections.abc import Iterable
from functools import cache

from backchannel.protocol.checkpoints import Checkpoint, sign_checkpoint
from backchannel.protocol.merkle import Tree, leaf_hash
from backchannel.protocol.note_keys import SignatureType, Signer, VerifierKey
from backchannel.protocol.tree_head import TreeHead

ORIGIN = "ledger.example/lab"
WITNESS = "ledger.example/vendor"
TIME = 1_795_379_460
"""2026-11-22T20:31:00Z."""


def signer(name: str, kind: SignatureType) -> Signer:
    """A signer whose seed depends on its name and kind alone."""
    return Signer(name, kind, hashlib.sha256(f"{name} {kind.name}".encode()).digest())


def log_signers(origin: str = ORIGIN) -> tuple[Signer, ...]:
    """The keys a log signs with."""
    return signer(origin, SignatureType.ED25519), signer(origin, SignatureType.MLDSA44)


def witness_signers(name: str = WITNESS) -> tuple[Signer, ...]:
    """The keys a witness cosigns with."""
    return signer(name, SignatureType.COSIGNATURE), signer(name, SignatureType.MLDSA44)


def keys(signers: Iterable[Signer]) -> tuple[VerifierKey, ...]:
    """Their public halves."""
    return tuple(one.verifier_key for one in signers)


KEYS = keys(log_signers())
WITNESS_KEYS = keys(witness_signers())


def entry(number: int, fork: str = "") -> bytes:
    """An entry; those of a fork differ from number 5 on."""
    return f"entry {number} {fork if number >= 5 else ''}".encode()


@cache
def tree(size: int, fork: str = "") -> Tree:
    """A tree of that many entries."""
    return Tree(leaf_hash(entry(number, fork)) for number in range(size))


def checkpoint(size: int, fork: str = "", origin: str = ORIGIN) -> Checkpoint:
    """The log's checkpoint at that size: always the same one, though ML-DSA signs anew with other bytes."""
    return _checkpoint(size, fork, origin)


@cache
def _checkpoint(size: int, fork: str, origin: str) -> Checkpoint:
    return sign_checkpoint(TreeHead(origin, size, tree(size, fork).root()), log_signers(origin), TIME)
