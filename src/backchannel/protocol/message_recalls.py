"""Messages about recalls: demanded, lifted, acknowledged.

A recall is signed over a canonical statement of its own, so that it can be shown to somebody who has no envelope;
under an agreement that is off the record there is no signature.
"""

import rfc8785

from backchannel.core.recall import Answer
from backchannel.core.stix_ids import is_id
from backchannel.core.text import has_hidden
from backchannel.errors import BadEnvelope
from backchannel.protocol.crypto import Signatures
from backchannel.protocol.message_base import Message, at_most, check_hash, check_time
from backchannel.protocol.versions import Features

_HEX = frozenset("0123456789abcdef")


class _OfRecall(Message, frozen=True):
    """Says something of one recall (`recall`, 32 hex digits) under an agreement."""

    recall: str
    agreement: str

    def check(self, limits: Features) -> None:  # noqa: ARG002 - the base class's
        """Both are ids."""
        check_hash("agreement", self.agreement)
        if len(self.recall) != 32 or not _HEX.issuperset(self.recall):
            raise BadEnvelope(f"recall {self.recall[:80]!r} is not 32 hex digits")


class Recall(_OfRecall, frozen=True, tag="recall"):
    """Withdraw every version of the objects that came from us under these ids; `at` is a STIX timestamp."""

    ids: tuple[str, ...]
    reason: str
    at: str
    signatures: Signatures | None

    def check(self, limits: Features) -> None:
        """Ids of objects, each once; a reason that can be read; a time."""
        super().check(limits)
        at_most("recalled ids", len(self.ids), limits.max_recalled)
        if not self.ids or len(set(self.ids)) != len(self.ids) or not all(map(is_id, self.ids)):
            raise BadEnvelope("what is recalled are not ids of objects, each once")
        at_most("characters of a reason", len(self.reason), limits.max_reason)
        if not self.reason or has_hidden(self.reason):
            raise BadEnvelope("the reason of a recall is empty, or has characters that are not seen")
        check_time(self.at)

    @property
    def statement(self) -> bytes:
        """What is signed."""
        said = {"agreement": self.agreement, "at": self.at, "ids": list(self.ids)}
        return rfc8785.dumps(said | {"reason": self.reason, "recall": self.recall})


class RecallLift(_OfRecall, frozen=True, tag="recall-lift"):
    """A recall of ours holds no more from now on: what it named may come again."""

    at: str
    signatures: Signatures | None

    def check(self, limits: Features) -> None:
        """Ids and a time."""
        super().check(limits)
        check_time(self.at)

    @property
    def statement(self) -> bytes:
        """What is signed."""
        return rfc8785.dumps({"agreement": self.agreement, "at": self.at, "lifted": self.recall})


class RecallAnswer(_OfRecall, frozen=True, tag="recall-answer"):
    """What became of a recall of yours here."""

    state: Answer
