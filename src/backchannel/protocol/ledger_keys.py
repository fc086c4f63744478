"""The names and keys under which a party's ledger signs, and cosigns the ledgers of others.

A party has one log. Its origin, and the name it cosigns under, hold its party key, so that nobody else's log can be
taken for it. The keys are on its card.
"""

from backchannel.core.identity import KeyCard
from backchannel.protocol.crypto import ledger_seeds
from backchannel.protocol.keys import PrivateKeys
from backchannel.protocol.note_keys import SignatureType, Signer, VerifierKey


def origin(party: str) -> str:
    """The origin of a party's log, given its party key."""
    return f"backchannel/ledger/{party}"


def witness_name(party: str) -> str:
    """The name under which a party cosigns."""
    return f"backchannel/witness/{party}"


def log_signers(private: PrivateKeys, party: str) -> tuple[Signer, ...]:
    """What the party's own checkpoints are signed with."""
    ed25519, mldsa44 = ledger_seeds(private)
    name = origin(party)
    return Signer(name, SignatureType.ED25519, ed25519), Signer(name, SignatureType.MLDSA44, mldsa44)


def witness_signers(private: PrivateKeys, party: str) -> tuple[Signer, ...]:
    """What the party cosigns with."""
    ed25519, mldsa44 = ledger_seeds(private)
    name = witness_name(party)
    return Signer(name, SignatureType.COSIGNATURE, ed25519), Signer(name, SignatureType.MLDSA44, mldsa44)


def log_keys(card: KeyCard) -> tuple[VerifierKey, ...]:
    """The keys that a checkpoint of this party must be signed with, all of them."""
    name = origin(card.key)
    return (
        VerifierKey(name, SignatureType.ED25519, card.ledger.ed25519),
        VerifierKey(name, SignatureType.MLDSA44, card.ledger.mldsa44),
    )


def witness_keys(card: KeyCard) -> tuple[VerifierKey, ...]:
    """The keys that this party cosigns with."""
    name = witness_name(card.key)
    return (
        VerifierKey(name, SignatureType.COSIGNATURE, card.ledger.ed25519),
        VerifierKey(name, SignatureType.MLDSA44, card.ledger.mldsa44),
    )
