"""What is posted to the TAXII server: read as a whole or not at all, then each object judged by itself.

An own tool's objects go through the checks of an import. A counterpart's are vetted like those of an envelope, and
the status says only what the counterpart can know anyway: what its object is, and what the agreement allows. Whether
we know an object, hold another one or wait for a person is told to nobody.
"""

import hashlib
import uuid
from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from typing import cast

import msgspec

from backchannel.core.age import is_time
from backchannel.core.stix import StixObject, format_timestamp
from backchannel.core.view import view_of
from backchannel.errors import BackchannelError, CounterpartError, MissingExtra, OperatorError
from backchannel.flow.collector import collector_paused
from backchannel.flow.inbound import take_in
from backchannel.flow.keep import Delivery
from backchannel.flow.ports import NewObject, Transaction
from backchannel.flow.ports_taxii import TaxiiUser
from backchannel.flow.record import find, terms_of
from backchannel.flow.vet import Services
from backchannel.formats.items import Item
from backchannel.formats.misp import read_misp
from backchannel.formats.reading import read_elements
from backchannel.formats.stix import Cut
from backchannel.node.node import Node
from backchannel.node.parties import party_of
from backchannel.protocol.message import ReleasedObject, Tlp

INTRINSIC = frozenset({"limits", "stix", "json", "type", "marking", "age", "excluded", "content", "bad-object"})
"""Rules of vetting that look at an object and the agreement alone: to say that one is broken tells nothing else."""

_CLASH = "conflict: other content is held under this version; the one that came first was kept"
_MISP_KEYS = frozenset({"Event", "response"})


class NotEnvelope(Exception):
    """The body is no TAXII envelope; the message says why."""


class Said(msgspec.Struct, omit_defaults=True):
    """What a status says of one object."""

    id: str
    version: str
    message: str | None = None


class Status:
    """The status resource of a post, as it fills."""

    def __init__(self, at: datetime) -> None:
        self.identifier = str(uuid.uuid4())
        self._at = at
        self.successes: list[Said] = []
        self.failures: list[Said] = []

    def says(self, identifier: str, version: str, failure: str | None = None) -> None:
        """What became of an object. Where it has no version, or none that is a time, the request's stands for it."""
        shown = version if is_time(version) else format_timestamp(self._at)
        said = Said(identifier or "unreadable", shown, failure)
        (self.successes if failure is None else self.failures).append(said)

    def failed(self, item: Item) -> None:
        """An object that is not taken over, and the first MUST that it breaks."""
        first = next((one for one in item.findings if one.must), item.findings[0])
        subject = ("", "") if item.object is None else (item.object.id, item.object.version)
        self.says(*subject, f"{first.rule}: {first.message}")

    def encoded(self) -> bytes:
        """The resource."""
        return msgspec.json.encode(
            {
                "id": self.identifier,
                "status": "complete",
                "request_timestamp": format_timestamp(self._at),
                "total_count": len(self.successes) + len(self.failures),
                "success_count": len(self.successes),
                "successes": self.successes,
                "failure_count": len(self.failures),
                "failures": self.failures,
                "pending_count": 0,
            }
        )


@collector_paused()
def post_to_holdings(node: Node, services: Services, user: TaxiiUser, body: bytes) -> bytes:
    """Take an envelope of an own tool into the holdings; the status."""
    status = Status(node.clock())
    new: list[NewObject] = []
    for item in _items(body, services):
        if item.object is None or item.refused:
            status.failed(item)
        else:
            view = view_of(item.object)
            new.append(NewObject(item.object.raw, view, node.settings.default_tlp, item.generated, item.original))
    with node.db.write() as tx:
        outcome = tx.holdings.add(new, source=node.us.key, now=node.clock())
        clashes = {(one.id, one.version) for one in outcome.conflicts}
        for one in new:
            identity = (one.view.id, one.view.version)
            status.says(*identity, _CLASH if identity in clashes else None)
        return _kept(tx, status, user, node.clock())


@collector_paused()
def post_to_inbox(node: Node, services: Services, user: TaxiiUser, agreement: str, body: bytes) -> bytes:
    """Vet an envelope of a counterpart's tool; the status."""
    status = Status(node.clock())
    sound: list[StixObject] = []
    for item in _items(body, services):
        if item.object is None or item.refused:
            status.failed(item)
        else:
            sound.append(item.object)
    standing = node.standing()
    with node.db.write() as tx:
        row = find(tx, agreement)
        if row is None:
            raise NotEnvelope("there is no such agreement any more")
        # What says nothing of its level is handled as strictly as the agreement allows.
        level = cast(Tlp, terms_of(row).handling.tlp_max)
        released = [ReleasedObject(msgspec.Raw(one.raw), level, reduced=False) for one in sound]
        delivery = Delivery(party_of(tx, row), row.id, hashlib.sha256(body).hexdigest(), standing.now)
        try:
            taken = take_in(tx, standing, services, delivery, row, released)
        except (CounterpartError, OperatorError) as error:
            raise NotEnvelope(str(error)) from None
        refused = {(one.subject, one.version): one for one in taken.refused if one.rule in INTRINSIC}
        for one in sound:
            found = refused.get((one.id, one.version))
            status.says(one.id, one.version, None if found is None else f"{found.rule}: {found.why}")
        return _kept(tx, status, user, node.clock())


def _kept(tx: Transaction, status: Status, user: TaxiiUser, at: datetime) -> bytes:
    encoded = status.encoded()
    tx.taxii.add_status(status.identifier, user.name, at, encoded)
    return encoded


def _items(body: bytes, services: Services) -> Iterable[Item]:
    """The objects of an envelope, or of a MISP event, each with what was found in it.

    Raises:
        NotEnvelope: the body is neither, as a whole.
    """
    try:
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        if "objects" not in members and members.keys() & _MISP_KEYS:
            return [*read_misp(BytesIO(body))]
        objects = msgspec.json.decode(members.get("objects", b""), type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotEnvelope(f'not a TAXII envelope, {{"objects": [...]}}: {error}') from None
    except MissingExtra:
        raise NotEnvelope("MISP events are not understood here") from None
    except BackchannelError as error:
        raise NotEnvelope(str(error)) from None
    return read_elements((Cut(place, bytes(raw)) for place, raw in enumerate(objects)), services.validate)
