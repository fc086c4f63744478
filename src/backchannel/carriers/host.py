"""Mailboxes kept for others: who may use one, for what, how much it may hold, and for how long.

Rules: whoever shows a token whose SHA-256 is the mailbox's name is admitted, if the name is known. A host that
knows whose a mailbox is lets its other end put into it or fetch from it, and not both. Quotas are the owner's, over
all its mailboxes; a relay knows no owners, and each mailbox stands for itself. Half of the host's room is kept in
equal parts, one for each owner, so that nobody can use up another one's part; the other half is shared. The files
may also be changed by the node's own programs, so what a mailbox holds is counted again before anything is refused.
"""

import hashlib
import hmac
import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from threading import Event, Lock
from typing import NamedTuple

import msgspec

from backchannel.carriers.folder import FolderCarrier, Usage
from backchannel.errors import BackchannelError, MailboxFull, WrongWay
from backchannel.flow.ports_carriers import Mailbox

log = logging.getLogger(__name__)

PAGE = 5_000
"""Most item names in one answer to a listing."""


UNCOUNTED = -1
"""In place of a time of change: the count was carried on and not taken from the disk."""


class Quota(msgspec.Struct, frozen=True):
    """Limits of a host: of each owner (`items`, `bytes`), and of all mailboxes together."""

    items: int = 50_000
    bytes: int = 4 << 30
    mailboxes: int = 10_000
    total_items: int = 1_000_000
    total_bytes: int = 16 << 30


RELAY_QUOTA = Quota(items=5_000, bytes=256 << 20, mailboxes=2_000, total_items=200_000, total_bytes=8 << 30)
"""A relay serves strangers, so each mailbox gets less."""


class Grant(NamedTuple):
    """What a mailbox is to its host: whose, and what its other end may do with it over the net. What is only fetched
    from it, the host put there itself: that counts against nobody."""

    owner: str
    puts: bool = True
    fetches: bool = True


def nobodys(name: str) -> Grant:
    """The grant of a host that knows nobody: each mailbox stands for itself, and whoever opens it uses it."""
    return Grant(name)


class Outcome(Enum):
    """What became of a put."""

    CREATED = "created"
    SAME = "same"
    OTHER = "other"


class _Count(msgspec.Struct, frozen=True):
    usage: Usage
    changed_at: int
    owner: str = ""


class MailboxHost:
    """Mailboxes in a folder of this machine. `known` says whether a mailbox name is served, at each request,
    so that a new agreement counts at once; `whose` says what such a mailbox is, and `owners` how many owners there
    are or could be. `arrived` is called after each item that was put. Safe to use from several threads."""

    def __init__(
        self,
        root: Path,
        *,
        known: Callable[[str], bool],
        quota: Quota | None = None,
        whose: Callable[[str], Grant] = nobodys,
        owners: Callable[[], int] | None = None,
        arrived: Callable[[], None] | None = None,
    ) -> None:
        self.carrier = FolderCarrier(root)
        self._known = known
        self._whose = whose
        self._quota = quota or Quota()
        self._owners = owners or (lambda: self._quota.mailboxes)
        self._arrived = arrived or (lambda: None)
        self._lock = Lock()
        self._counts: dict[str, _Count] | None = None

    def admit(self, name: str, token: bytes) -> Mailbox | None:
        """The mailbox, if the token opens it and the name is known; None tells neither from the other."""
        opens = hmac.compare_digest(hashlib.sha256(token).hexdigest().encode(), name.encode(errors="replace"))
        return Mailbox(name, token) if opens and self._known(name) else None

    def put(self, mailbox: Mailbox, name: str, data: bytes) -> Outcome:
        """Put if absent, within the quotas.

        Raises:
            WrongWay: its other end fetches from this mailbox, and does not put into it.
            MailboxFull: a quota would be exceeded; nothing was written.
            UnfitItem, DiskFull, CarrierError: as `FolderCarrier.put`.
        """
        if not self._whose(mailbox.name).puts:
            raise WrongWay("what lies in this mailbox is fetched from here, not brought here")
        with self._lock:
            there = self.carrier.get(mailbox, name)
            if there is not None:
                return Outcome.SAME if hmac.compare_digest(there, data) else Outcome.OTHER
            self._make_room(mailbox, len(data))
            created = self.carrier.put(mailbox, name, data)
            items, size = self._count(mailbox).usage
            self._keep(mailbox.name, Usage(items + 1, size + len(data)), changed_at=UNCOUNTED)
        if created:
            self._arrived()
        return Outcome.CREATED if created else Outcome.OTHER

    def page(self, mailbox: Mailbox, after: str) -> tuple[list[str], bool]:
        """Up to `PAGE` item names after `after`, in order, and whether there are more.

        Raises:
            WrongWay: its other end puts into this mailbox, and does not fetch from it.
        """
        self._fetching(mailbox)
        names = self.carrier.list_after(mailbox, after)
        return names[:PAGE], len(names) > PAGE

    def get(self, mailbox: Mailbox, name: str) -> bytes | None:
        """The item, or None if it is gone. Raises as `page`."""
        self._fetching(mailbox)
        return self.carrier.get(mailbox, name)

    def delete(self, mailbox: Mailbox, name: str) -> None:
        """Delete; nothing happens if it is gone. Raises as `page`."""
        self._fetching(mailbox)
        with self._lock:
            self.carrier.delete(mailbox, name)

    def expire(self, before: datetime) -> int:
        """Delete what came before a moment, and mailboxes left empty; the number of items that went."""
        with self._lock:
            boxes = [Mailbox(name, b"") for name in self.carrier.mailboxes()]
            gone = sum(self.carrier.expire(box, before.timestamp()) for box in boxes)
            self._counts = None
        return gone

    def _make_room(self, mailbox: Mailbox, size: int) -> None:
        """Check the quotas, and before a refusal count again what changed on the disk since the last
        count."""
        if self._refusal(mailbox, size):
            for name in [*self._all(), mailbox.name]:
                self._recount(Mailbox(name, b""))
            refusal = self._refusal(mailbox, size)
            if refusal:
                raise MailboxFull(refusal)

    def _refusal(self, mailbox: Mailbox, size: int) -> str:
        quota, counts, owner = self._quota, self._all(), self._whose(mailbox.name).owner
        if mailbox.name not in counts and len(counts) >= quota.mailboxes:
            return f"this host already keeps {len(counts)} mailboxes"
        items, held = Counter[str](), Counter[str]()
        for count in counts.values():
            items[count.owner] += count.usage.items
            held[count.owner] += count.usage.bytes
        alone = items[owner] == self._count(mailbox).usage.items
        where, it = ("this mailbox", "it takes") if alone else ("your mailboxes here", "they take")
        if items[owner] >= quota.items:
            return f"{items[owner]} items wait in {where}, and {it} no more"
        if held[owner] + size > quota.bytes:
            return f"{held[owner]} bytes wait in {where}, and {it} {quota.bytes}"
        if self._spent(items, owner, 1, quota.total_items):
            return f"this host takes {quota.total_items} items in all, and has no room for one more of yours"
        if self._spent(held, owner, size, quota.total_bytes):
            return f"this host takes {quota.total_bytes} bytes in all, and has no room for {size} more of yours"
        return ""

    def _spent(self, held: Counter[str], owner: str, more: int, total: int) -> bool:
        """Whether an owner that takes so many more would go beyond its own part and beyond what is shared."""
        owners = max(1, self._owners())
        part = total // 2 // owners
        after = held + Counter({owner: more})
        beyond = sum(max(0, one - part) for one in after.values())
        return after[owner] > part and beyond > total - part * owners

    def _all(self) -> dict[str, _Count]:
        if self._counts is None:
            self._counts = {}
            for name in self.carrier.mailboxes():
                self._recount(Mailbox(name, b""))
        return self._counts

    def _count(self, mailbox: Mailbox) -> _Count:
        return self._all().get(mailbox.name) or _Count(Usage(0, 0), UNCOUNTED)

    def _keep(self, name: str, usage: Usage, changed_at: int) -> None:
        grant = self._whose(name)
        self._all()[name] = _Count(usage, changed_at, grant.owner) if grant.puts else _Count(Usage(0, 0), changed_at)

    def _fetching(self, mailbox: Mailbox) -> None:
        if not self._whose(mailbox.name).fetches:
            raise WrongWay("what lies in this mailbox is brought here, not fetched from here")

    def _recount(self, mailbox: Mailbox) -> None:
        changed_at = self.carrier.changed_at(mailbox)
        if changed_at == 0:
            self._all().pop(mailbox.name, None)
        elif changed_at != self._count(mailbox).changed_at:
            self._keep(mailbox.name, self.carrier.usage(mailbox), changed_at)


def keep_tidy(
    host: MailboxHost,
    *,
    max_age: timedelta,
    clock: Callable[[], datetime],
    stop: Event,
    every_seconds: float = 600,
) -> None:
    """Delete what is older than `max_age`, again and again, until `stop` is set: a relay's background work.

    A failure is logged and tried again: the relay goes on serving.
    """
    while not stop.is_set():
        try:
            gone = host.expire(clock() - max_age)
            if gone:
                log.info("mailbox: %d items were older than %s and went", gone, max_age)
        except BackchannelError as error:
            log.error("mailbox: %s", error)
        stop.wait(every_seconds)
