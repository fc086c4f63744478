"""What becomes durable of a delivery: accepted objects, waiting ones as far as there is room, and why others were
refused."""

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate

import msgspec

from backchannel.core.text import printable
from backchannel.core.vetting import Vetted
from backchannel.flow.parties import Counterpart
from backchannel.flow.ports import NewObject, Transaction
from backchannel.flow.ports_channels import InboxItem, Refusal
from backchannel.flow.ports_consents import Beside, Kept

MOST_WAITING = 1 << 30
"""Bytes of one counterpart's objects, and of what vetting noticed about them, that wait in the inbox."""

MOST_VERSIONS = 100
"""Versions of one object from one counterpart that wait in the inbox."""


class Delivery(msgspec.Struct, frozen=True):
    """One opened envelope, or one post, on its way through: who sent it, where it belongs, and the envelope's hash. A
    post to the TAXII server is `signed` by nobody: instead of a hash a text says who posted it."""

    sender: Counterpart
    channel: str
    envelope: str
    now: datetime
    signed: bool = True


def refusal(delivery: Delivery, subject: str, rule: str, message: str) -> Refusal:
    """The record that something of a delivery was refused, and why."""
    return Refusal(
        channel=delivery.channel,
        party=delivery.sender.key,
        envelope=delivery.envelope if delivery.signed else None,
        subject=printable(subject, 300),
        rule=rule,
        message=message,
        at=delivery.now,
    )


def with_room(
    tx: Transaction, sender: Counterpart, held: list[Vetted]
) -> tuple[list[Vetted], list[tuple[Vetted, str]]]:
    """Those objects that the inbox has room for, in their order, and the others with the reason: too many versions of
    them wait, or they stand behind the last one that fits."""
    if not held:
        return [], []
    waiting = tx.inbox.versions(sender.key, {one.object.id for one in held})
    rest: list[Vetted] = []
    crowded: list[tuple[Vetted, str]] = []
    for one in held:
        versions = waiting.get(one.object.id, 0)
        if versions < MOST_VERSIONS:
            rest.append(one)
            waiting[one.object.id] = versions + 1
        else:
            crowded.append((one, f"{MOST_VERSIONS} versions of this object wait in the inbox"))
    room = MOST_WAITING - tx.inbox.size(sender.key)
    fitting = sum(size <= room for size in accumulate(map(_size, rest)))
    full = "too much of this counterpart's waits in the inbox"
    return rest[:fitting], [*crowded, *((one, full) for one in rest[fitting:])]


def _size(one: Vetted) -> int:
    return len(one.object.raw) + sum(len(flag) + len(why) for flag, why in one.flags)


def keep(
    tx: Transaction, delivery: Delivery, agreement: str, accepted: Sequence[Vetted], held: Sequence[Vetted]
) -> None:
    """Accepted objects into the holdings, held ones into the inbox, and the record of what came in."""
    source = delivery.sender.key
    tx.holdings.add((_new(delivery, agreement, one) for one in accepted), source=source, now=delivery.now)
    tx.inbox.add(_item(delivery, agreement, one) for one in held)
    kept = [(one.object.id, one.hops) for one in [*accepted, *held]]
    tx.channels.add_received(agreement, kept, delivery.now)
    tx.provenances.put(
        (Beside(one.object.id, one.object.version, source, agreement), Kept(one.tlp, one.provenance))
        for one in [*accepted, *held]
    )


def _new(delivery: Delivery, agreement: str, one: Vetted) -> NewObject:
    return NewObject.of(
        one.object,
        default_tlp=one.tlp,
        agreement=agreement,
        envelope=delivery.envelope,
        grade=one.grade,
        reduced=one.reduced,
    )


def _item(delivery: Delivery, agreement: str, one: Vetted) -> InboxItem:
    return InboxItem(
        number=0,
        party=delivery.sender.key,
        agreement=agreement,
        envelope=delivery.envelope,
        object_id=one.object.id,
        type=one.object.type,
        version=one.object.version,
        tlp=one.tlp,
        reduced=one.reduced,
        flags=one.flags,
        received_at=delivery.now,
        raw=one.object.raw,
    )
