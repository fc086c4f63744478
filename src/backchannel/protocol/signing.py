"""Signatures over terms, endings and recalls: what makes an agreement provable to a third party.

They stand on their own, outside any envelope: whoever has the terms, both cards and both pairs of signatures
can see what was agreed. Each has a domain of its own, so that none can be taken for another.
"""

from backchannel.core.identity import PublicKeys
from backchannel.core.terms import terms_id
from backchannel.protocol.crypto import Signatures, sign, verify
from backchannel.protocol.keys import PrivateKeys

_TERMS = "terms"
_ENDING = "ending"
_RECALL = "recall"
_LIFT = "recall-lift"


def sign_terms(private: PrivateKeys, terms: bytes) -> Signatures:
    """Sign a version of terms, given as canonical JSON."""
    return sign(private, _TERMS, terms_id(terms).encode("ascii"))


def verify_terms(keys: PublicKeys, terms: bytes, signatures: Signatures) -> None:
    """Verify a party's signatures over terms.

    Raises:
        BadSignature: one of the two is missing or wrong, or they are over other terms.
    """
    verify(keys, _TERMS, terms_id(terms).encode("ascii"), signatures)


def sign_ending(private: PrivateKeys, agreement: str, at: str) -> Signatures:
    """Sign the end of an agreement (its id) at a time (a STIX timestamp)."""
    return sign(private, _ENDING, f"{agreement} {at}".encode())


def verify_ending(keys: PublicKeys, agreement: str, at: str, signatures: Signatures) -> None:
    """Verify a party's signatures over the end of an agreement.

    Raises:
        BadSignature: one of the two is missing or wrong, or they are for another agreement or time.
    """
    verify(keys, _ENDING, f"{agreement} {at}".encode(), signatures)


def sign_recall(private: PrivateKeys, statement: bytes) -> Signatures:
    """Sign a recall (`message_recalls.Recall.statement`)."""
    return sign(private, _RECALL, statement)


def verify_recall(keys: PublicKeys, statement: bytes, signatures: Signatures) -> None:
    """Verify a party's signatures over a recall.

    Raises:
        BadSignature: one of the two is missing or wrong, or they are over another one.
    """
    verify(keys, _RECALL, statement, signatures)


def sign_lift(private: PrivateKeys, statement: bytes) -> Signatures:
    """Sign that a recall is lifted (`message_recalls.RecallLift.statement`)."""
    return sign(private, _LIFT, statement)


def verify_lift(keys: PublicKeys, statement: bytes, signatures: Signatures) -> None:
    """Verify a party's signatures over the lifting of a recall.

    Raises:
        BadSignature: one of the two is missing or wrong, or they are over another one.
    """
    verify(keys, _LIFT, statement, signatures)
