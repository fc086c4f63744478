"""What an envelope says: messages between two parties, as one JSON array.

Rules:
- The text is exactly what `encode` writes: fields in the order of the classes, no blanks, no field twice,
  nothing unknown. A reader that finds other bytes refuses all of it.
- Limits come first (`bounds`), so that nothing is built from a text that could not be accepted.
- Each message checks its own values (`message_base.Message.check`). The messages lie by subject, in modules whose
  names begin like this one's.
"""

from collections.abc import Sequence

import msgspec

from backchannel.errors import BackchannelError, BadEnvelope, LimitExceeded
from backchannel.protocol.bounds import Bounds, check_bounds
from backchannel.protocol.message_agreements import (
    Acceptance,
    Amendment,
    AmendmentAcceptance,
    Decline,
    Ending,
    Proposal,
)
from backchannel.protocol.message_base import at_most
from backchannel.protocol.message_card import Card
from backchannel.protocol.message_channel import Checkpoint, Cosignature, Receipt
from backchannel.protocol.message_consents import ConsentGrant, ConsentRefusal, ConsentRequest
from backchannel.protocol.message_matching import (
    MatchAnswer,
    MatchBegin,
    MatchBlinded,
    MatchEvaluated,
    MatchOffer,
    MatchStop,
    MatchTags,
)
from backchannel.protocol.message_objects import Provenance, Release, ReleasedObject, Tlp
from backchannel.protocol.message_recalls import Recall, RecallAnswer, RecallLift
from backchannel.protocol.message_requests import Answer, AskedObservable, Request, RequestClose, RequestDecline
from backchannel.protocol.versions import CURRENT, Features

__all__ = [
    "ANSWERS",
    "Acceptance",
    "Amendment",
    "AmendmentAcceptance",
    "Answer",
    "AnyMessage",
    "AskedObservable",
    "Card",
    "Checkpoint",
    "ConsentGrant",
    "ConsentRefusal",
    "ConsentRequest",
    "Cosignature",
    "Decline",
    "Ending",
    "MatchAnswer",
    "MatchBegin",
    "MatchBlinded",
    "MatchEvaluated",
    "MatchOffer",
    "MatchStop",
    "MatchTags",
    "Proposal",
    "Provenance",
    "Recall",
    "RecallAnswer",
    "RecallLift",
    "Receipt",
    "Release",
    "ReleasedObject",
    "Request",
    "RequestClose",
    "RequestDecline",
    "Tlp",
    "decode",
    "encode",
]

AnyMessage = (
    Proposal
    | Acceptance
    | Decline
    | Amendment
    | AmendmentAcceptance
    | Ending
    | Release
    | Receipt
    | Checkpoint
    | Cosignature
    | Card
    | Recall
    | RecallLift
    | RecallAnswer
    | ConsentRequest
    | ConsentGrant
    | ConsentRefusal
    | Request
    | Answer
    | RequestDecline
    | RequestClose
    | MatchOffer
    | MatchAnswer
    | MatchBegin
    | MatchBlinded
    | MatchTags
    | MatchEvaluated
    | MatchStop
)  # fmt: skip

ANSWERS = (Receipt, Checkpoint, Cosignature)
"""What only answers: an envelope with nothing else gets no receipt of its own."""


def encode(messages: Sequence[AnyMessage], limits: Features = CURRENT) -> bytes:
    """The body that carries these messages.

    Raises:
        BackchannelError: the messages exceed a limit that the counterpart would refuse; `batching` avoids it.
    """
    body = msgspec.json.encode(messages)
    try:
        decode(body, limits)
    except (BadEnvelope, LimitExceeded) as error:
        raise BackchannelError(f"a message of ours would be refused: {error}") from None
    return body


def decode(body: bytes, limits: Features = CURRENT) -> tuple[AnyMessage, ...]:
    """The messages of a body.

    Raises:
        LimitExceeded: too large, too deep, or too many of something.
        BadEnvelope: not the bytes that `encode` writes for any messages, or a field has an impossible value.
    """
    messages = _decode_exactly(body, limits)
    releases = [message for message in messages if isinstance(message, Release)]
    at_most("messages", len(messages), limits.max_messages)
    at_most("released objects", sum(len(release.items) for release in releases), limits.max_objects)
    at_most("markings", sum(len(release.markings) for release in releases), limits.max_markings)
    at_most("consents", sum(len(release.consents) for release in releases), limits.max_consents)
    # All that waits for the sender is sealed again for each.
    at_most("cards", sum(isinstance(message, Card) for message in messages), 1)
    # What may be matched is decided anew for each.
    at_most("offers of matching", sum(isinstance(message, MatchOffer) for message in messages), 1)
    at_most("answers of matching", sum(isinstance(message, MatchAnswer) for message in messages), 1)
    for message in messages:
        message.check(limits)
    return messages


def _decode_exactly(body: bytes, limits: Features) -> tuple[AnyMessage, ...]:
    at_most("bytes", len(body), limits.max_body)
    bounds = Bounds(limits.max_depth, limits.max_strings, limits.max_containers)
    try:
        check_bounds(body, bounds)
        messages = msgspec.json.decode(body, type=tuple[AnyMessage, ...])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadEnvelope(f"the messages cannot be read: {error}") from None
    if msgspec.json.encode(messages) != body:
        raise BadEnvelope("the messages are not in their one form: a field twice, out of order, or blanks between")
    return messages
