"""Messages about requests for information, in the channel of their agreement: asked, answered, declined, closed.

A request is named by 128 random bits in hex. No message gives a reason, and none is signed by itself: what an
envelope proves, it proves of them. Texts and values are measured here, and judged by `core.request_rules`.
"""

import re
from typing import Literal

import msgspec

from backchannel.core.stix_ids import is_id
from backchannel.errors import BadEnvelope
from backchannel.protocol.message_base import Message, at_most, check_hash, check_time
from backchannel.protocol.message_objects import Tlp
from backchannel.protocol.versions import Features

REQUEST_ID_BYTES = 16
"""How many random bytes name a request."""

Pap = Literal["clear", "green", "amber", "red"]

_REQUEST_ID = re.compile(r"[0-9a-f]{32}")


class AskedObservable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One observable that a request is about: a kind and a canonical value."""

    type: str
    value: str


class _OnRequest(Message, frozen=True):
    """Says something of the request with this id."""

    request: str

    def check(self, limits: Features) -> None:  # noqa: ARG002 - the base class's
        """The id is one."""
        if _REQUEST_ID.fullmatch(self.request) is None:
            raise BadEnvelope(f"the id of a request, {self.request[:80]!r}, is not 128 bits in hex")


class Request(_OnRequest, frozen=True, tag="request"):
    """Ask, under the terms with the id `version`. `wanted_by` is a STIX timestamp; `threat` one of the terms'."""

    version: str
    question: str
    observables: tuple[AskedObservable, ...]
    threat: str | None
    wanted_by: str | None
    tlp: Tlp
    pap: Pap | None

    def check(self, limits: Features) -> None:
        """Ids, a time, and no more of anything than there may be."""
        super().check(limits)
        check_hash("version", self.version)
        at_most("characters of a question", len(self.question), limits.max_question)
        at_most("observables in a request", len(self.observables), limits.max_observables)
        for one in self.observables:
            at_most("characters of an observable", max(len(one.type), len(one.value)), limits.max_value)
        together = sum(len(one.type) + len(one.value) for one in self.observables)
        at_most("characters of observables", together, limits.max_asked)
        at_most("characters of a threat's name", len(self.threat or ""), limits.max_value)
        if self.wanted_by is not None:
            check_time(self.wanted_by)


class Answer(_OnRequest, frozen=True, tag="answer"):
    """Answer, under the terms with the id `version`. `objects` are the ids under which the objects of the answer
    left: in the release that stands before it in the same envelope, or in an earlier one."""

    version: str
    note: str
    tlp: Tlp
    objects: tuple[str, ...]

    def check(self, limits: Features) -> None:
        """Ids, and no more of anything than there may be."""
        super().check(limits)
        check_hash("version", self.version)
        at_most("characters of a note", len(self.note), limits.max_note)
        at_most("objects that an answer names", len(self.objects), limits.max_named)
        for one in self.objects:
            if not is_id(one):
                raise BadEnvelope(f"an answer names {one[:80]!r}, which is not a STIX id")
        if len(set(self.objects)) != len(self.objects):
            raise BadEnvelope("an answer names an object twice")


class RequestDecline(_OnRequest, frozen=True, tag="request-decline"):
    """Decline a request, without reasons."""


class RequestClose(_OnRequest, frozen=True, tag="request-close"):
    """Close a request of one's own: no more answers are wanted."""
