import hashlib

import msgspec
import pytest

from backchannel.errors import BadSignature
from backchannel.protocol.crypto import verify
from backchannel.protocol.signing import sign_ending, sign_terms, verify_ending, verify_terms
from two_parties import LAB, VENDOR

TERMS = b'{"title":"Joint watch"}'
AGREEMENT = "ab" * 32
AT = "2026-11-22T20:31:00.000Z"


def test_signed_terms_verify_for_the_signer_alone() -> None:
    signatures = sign_terms(LAB.private, TERMS)
    verify_terms(LAB.card.keys, TERMS, signatures)
    with pytest.raises(BadSignature):
        verify_terms(VENDOR.card.keys, TERMS, signatures)


def test_changed_terms_do_not_verify() -> None:
    with pytest.raises(BadSignature):
        verify_terms(LAB.card.keys, TERMS.replace(b"watch", b"Watch"), sign_terms(LAB.private, TERMS))


@pytest.mark.parametrize("algorithm", ["ed25519", "mldsa65"])
def test_terms_with_one_of_two_signatures_missing_are_refused(algorithm: str) -> None:
    signatures = msgspec.structs.replace(sign_terms(LAB.private, TERMS), **{algorithm: b""})
    with pytest.raises(BadSignature, match="missing"):
        verify_terms(LAB.card.keys, TERMS, signatures)


def test_an_ending_verifies_for_its_agreement_and_time_alone() -> None:
    signatures = sign_ending(LAB.private, AGREEMENT, AT)
    verify_ending(LAB.card.keys, AGREEMENT, AT, signatures)
    for agreement, at in (("cd" * 32, AT), (AGREEMENT, "2026-11-23T20:31:00.000Z")):
        with pytest.raises(BadSignature):
            verify_ending(LAB.card.keys, agreement, at, signatures)


def test_terms_and_endings_are_signed_under_domains_of_their_own() -> None:
    terms, ending = sign_terms(LAB.private, TERMS), sign_ending(LAB.private, AGREEMENT, AT)
    verify(LAB.card.keys, "terms", hashlib.sha256(TERMS).hexdigest().encode(), terms)
    verify(LAB.card.keys, "ending", f"{AGREEMENT} {AT}".encode(), ending)


def test_a_signature_over_terms_is_none_over_an_ending() -> None:
    with pytest.raises(BadSignature):
        verify_ending(LAB.card.keys, AGREEMENT, AT, sign_terms(LAB.private, TERMS))
