"""What is posted to the TAXII server: read as a whole or not at all, then each object judged by itself.

An own tool's objects go through the checks of an import. A counterpart's are vetted like those of an envelope, and
the status says only what the counterpart can know anyway: what its object is, and what the agreement allows. Whether
we know an object, hold another one or wait for a person is told to nobody.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from itertools import islice
from typing import TypeVar

import msgspec

from backchannel.core.age import is_time
from backchannel.core.agreement import State, in_force
from backchannel.core.incoming import Incoming
from backchannel.core.stix import format_timestamp
from backchannel.core.view import view_of
from backchannel.errors import BackchannelError, CounterpartError, MissingExtra, StoreBusy
from backchannel.flow.collector import collector_paused
from backchannel.flow.inbound import judge, settle
from backchannel.flow.keep import Delivery, refusal
from backchannel.flow.ports import AgreementRow, NewObject, Transaction
from backchannel.flow.ports_taxii import TaxiiUser
from backchannel.flow.record import find, terms_of
from backchannel.flow.vet import Services, broken_by_itself
from backchannel.formats.items import Item
from backchannel.formats.misp import read_misp
from backchannel.formats.reading import read_elements, validated
from backchannel.formats.taxii_envelope import Envelope
from backchannel.node.node import Node
from backchannel.node.parties import party_of
from backchannel.node.taxii_users import NotAllowed, check_still

MOST_OBJECTS = 10_000
"""Objects in one post at most: each has a line in the status."""

TRIES = 3
"""How often a post is judged anew because somebody wrote meanwhile."""

_CLASH = "conflict: other content is held under this version; the one that came first was kept"

LONGEST_ID, LONGEST_MESSAGE = 300, 1_000
"""Characters that a status repeats of an id, and has of a reason."""

_T = TypeVar("_T")


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

    def says(self, identifier: str, version: str, failure: str | None = None) -> Said:
        """What became of an object. Where it has no version, or none that is a time, the request's stands for it."""
        shown = version if is_time(version) else format_timestamp(self._at)
        said = Said(identifier[:LONGEST_ID] or "unreadable", shown, failure and failure[:LONGEST_MESSAGE])
        (self.successes if failure is None else self.failures).append(said)
        return said

    def failed(self, item: Item) -> Said:
        """An object that is not taken over, and the first MUST that it breaks."""
        first = next((one for one in item.findings if one.must), item.findings[0])
        subject = ("", "") if item.object is None else (item.object.id, item.object.version)
        return self.says(*subject, f"{first.rule}: {first.message}")

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
        check_still(tx, user, node.clock())
        outcome = tx.holdings.add(new, source=node.us.key, now=node.clock())
        clashes = {(one.id, one.version) for one in outcome.conflicts}
        for one in new:
            identity = (one.view.id, one.view.version)
            status.says(*identity, _CLASH if identity in clashes else None)
        return _kept(tx, status, user, node.clock())


@collector_paused()
def post_to_inbox(node: Node, services: Services, user: TaxiiUser, agreement: str, body: bytes) -> bytes:
    """Vet an envelope of a counterpart's tool; the status.

    It is judged before the store is held for writing, which takes long for what is made to take long, and again if
    somebody wrote meanwhile.

    Raises:
        NotEnvelope: the body is none. Nothing of it was kept.
        NotAllowed: the user or its agreement is gone, or is not in force any more.
        StoreBusy: others write all the time.
    """
    items = [*_items(body, services)]
    sound = [item.object for item in items if item.object is not None and not item.refused]
    for _ in range(TRIES):
        version = node.db.version()
        with node.db.read() as tx:
            row = _agreement(tx, user, agreement, node.clock())
            sender = party_of(tx, row)
            terms, standing = terms_of(row), node.standing()
            # What says nothing of its level is handled as strictly as the agreement allows.
            batch = [Incoming(one, terms.handling.tlp_max, reduced=False) for one in sound]
            try:
                vetted = judge(tx, standing, services, sender, row, batch)
                told = broken_by_itself(standing, sender, terms, batch)
            except CounterpartError as error:
                raise NotEnvelope(str(error)) from None
        with node.db.write() as tx:
            if node.db.version() != version:
                continue
            delivery = Delivery(sender, row.id, f"TAXII user {user.name}", node.clock(), signed=False)
            settle(tx, standing, delivery, row, vetted)
            status = Status(node.clock())
            failed = [status.failed(item) for item in items if item.object is None or item.refused]
            tx.channels.add_refusals(refusal(delivery, one.id, "invalid", one.message or "") for one in failed)
            for one, why in zip(sound, told, strict=True):
                status.says(one.id, one.version, None if why is None else f"{why[0]}: {why[1]}")
            return _kept(tx, status, user, node.clock())
    raise StoreBusy("others wrote each time that it was judged")


def _agreement(tx: Transaction, user: TaxiiUser, agreement: str, now: datetime) -> AgreementRow:
    """The agreement under which a user posts: its body may have taken long, and much may have ended meanwhile."""
    check_still(tx, user, now)
    row = find(tx, agreement)
    if row is None or not in_force(State(row.state), terms_of(row), now):
        raise NotAllowed
    return row


def _kept(tx: Transaction, status: Status, user: TaxiiUser, at: datetime) -> bytes:
    encoded = status.encoded()
    tx.taxii.add_status(status.identifier, user.name, at, encoded)
    return encoded


class _Posted(msgspec.Struct):
    """What tells an envelope from a MISP event; nothing else is looked at, and nothing decoded yet."""

    objects: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    Event: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    response: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def _items(body: bytes, services: Services) -> Iterable[Item]:
    """The objects of an envelope, or of a MISP event, each with what was found in it.

    Raises:
        NotEnvelope: the body is neither, as a whole, or has too many.
    """
    try:
        posted = msgspec.json.decode(body, type=_Posted)
        if posted.objects is msgspec.UNSET:
            if posted.Event is posted.response is msgspec.UNSET:
                raise NotEnvelope('not a TAXII envelope, {"objects": [...]}')
            return _some(validated(item, services.validate) for item in read_misp(BytesIO(body)))
        return read_elements(_some(Envelope(BytesIO(body)).cuts()), services.validate)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotEnvelope(f'not a TAXII envelope, {{"objects": [...]}}: {error}') from None
    except MissingExtra:
        raise NotEnvelope("MISP events are not understood here") from None
    except BackchannelError as error:
        raise NotEnvelope(str(error)) from None


def _some(found: Iterable[_T]) -> list[_T]:
    first = [*islice(found, MOST_OBJECTS + 1)]
    if len(first) > MOST_OBJECTS:
        raise NotEnvelope(f"it has more than {MOST_OBJECTS} objects: send less at once")
    return first
