"""Messages about agreements: proposed, accepted, declined, amended, ended. They travel in the party channel.

Terms are signed by their id, which is the hash of their canonical JSON.
"""

import msgspec

from backchannel.errors import BadEnvelope
from backchannel.protocol.crypto import Signatures
from backchannel.protocol.message_base import Message, check_hash, check_terms, check_time
from backchannel.protocol.versions import Features


class Proposal(Message, frozen=True, tag="proposal"):
    """Propose an agreement: canonical terms, signatures over their id, a ciphertext for the accepter's keys of that
    `generation` (0 are the first ones)."""

    terms: msgspec.Raw
    signatures: Signatures
    kem: bytes
    generation: int = 0

    def check(self, limits: Features) -> None:
        """Terms in their one form, and keys that there can be."""
        check_terms(self.terms, limits)
        _check_generation(self.generation, limits)


class _OnVersion(Message, frozen=True):
    """Says something of one version (`version`, the terms' id) of an agreement."""

    agreement: str
    version: str

    def check(self, limits: Features) -> None:  # noqa: ARG002 - the base class's
        """Both are ids."""
        check_hash("agreement", self.agreement)
        check_hash("version", self.version)


class Acceptance(_OnVersion, frozen=True, tag="acceptance"):
    """Accept a proposal: signatures over the terms' id, a ciphertext for the proposer's keys of that `generation`."""

    signatures: Signatures
    kem: bytes
    generation: int = 0

    def check(self, limits: Features) -> None:
        """Both are ids, and the keys are such as there can be."""
        super().check(limits)
        _check_generation(self.generation, limits)


class Decline(_OnVersion, frozen=True, tag="decline"):
    """Decline a proposal or an amendment, without reasons."""


class Amendment(Message, frozen=True, tag="amendment"):
    """The next version of an agreement's terms: in force at once where it narrows, else once accepted."""

    agreement: str
    terms: msgspec.Raw
    signatures: Signatures

    def check(self, limits: Features) -> None:
        """An id, and terms in their one form."""
        check_hash("agreement", self.agreement)
        check_terms(self.terms, limits)


class AmendmentAcceptance(_OnVersion, frozen=True, tag="amendment-acceptance"):
    """Accept an amendment."""

    signatures: Signatures


class Ending(Message, frozen=True, tag="ending"):
    """End an agreement, one-sidedly and for good, at a time (STIX timestamp); see `signing.sign_ending`."""

    agreement: str
    at: str
    signatures: Signatures

    def check(self, limits: Features) -> None:  # noqa: ARG002 - the base class's
        """An id and a time."""
        check_hash("agreement", self.agreement)
        check_time(self.at)


def _check_generation(generation: int, limits: Features) -> None:
    if not 0 <= generation <= limits.max_successions:
        raise BadEnvelope(
            f"keys of the generation {generation}; there are at most {limits.max_successions} successions"
        )
