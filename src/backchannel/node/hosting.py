"""Which mailboxes a node hosts: both directions of every channel with its counterparts, and who may do what there."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from backchannel.carriers.host import Grant, MailboxHost, Quota
from backchannel.node.channels import channels_with, fetched_from_us, receiving
from backchannel.node.keyring import FILE as KEYRING_FILE
from backchannel.node.node import DATABASE_FILE, MAILBOXES, open_node
from backchannel.node.parties import all_peers

SETTLED_NANOSECONDS = 200_000_000
"""A file that was changed longer ago than this changes its time of change with the next change."""

_DECIDE = (DATABASE_FILE, DATABASE_FILE + "-wal", KEYRING_FILE)
_STRANGE = Grant("", puts=False, fetches=False)


def mailbox_host(home: Path, quota: Quota | None = None, arrived: Callable[[], None] | None = None) -> MailboxHost:
    """The mailboxes in a node's folder, for its counterparts and for nobody else; `arrived` as `MailboxHost`."""
    known = KnownMailboxes(home)
    return MailboxHost(
        home / MAILBOXES, known=known, whose=known.whose, owners=known.owners, quota=quota, arrived=arrived
    )


class KnownMailboxes:
    """The mailboxes of the node's channels, by name. A new agreement counts at once: a name that is not known is
    looked up anew if the node's files have changed since. A stranger with names of its own costs a look at the
    times of these files, and learns nothing from the answer."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._grants: dict[str, Grant] = {}
        self._read_at: tuple[int, ...] = ()
        self._lock = threading.Lock()

    def __call__(self, name: str) -> bool:
        """Is it one of ours?"""
        if name in self._grants:
            return True
        with self._lock:
            files = self._changes()
            if files != self._read_at:
                self._grants = self._read()
                self._read_at = files if time.time_ns() - max(files) > SETTLED_NANOSECONDS else ()
        return name in self._grants

    def whose(self, name: str) -> Grant:
        """Which counterpart's it is: it puts into what we read, and fetches from what we write."""
        self(name)
        return self._grants.get(name, _STRANGE)

    def owners(self) -> int:
        """How many counterparts there are."""
        return len({grant.owner for grant in self._grants.values()})

    def _changes(self) -> tuple[int, ...]:
        """When the files that decide were changed last, and their sizes; 0 for one that is not there."""
        found: list[int] = []
        for name in _DECIDE:
            try:
                facts = (self._home / name).stat()
            except FileNotFoundError:
                found += (0, 0)
            else:
                found += (facts.st_mtime_ns, facts.st_size)
        return tuple(found)

    def _read(self) -> dict[str, Grant]:
        node = open_node(self._home)
        try:
            grants: dict[str, Grant] = {}
            for peer in all_peers(node):
                for channel in channels_with(node, peer):
                    for mailbox in fetched_from_us(node, peer, channel):
                        grants[mailbox.name] = Grant(peer.key, puts=False)
                    for mailbox in receiving(node, peer, channel):
                        grants[mailbox.name] = Grant(peer.key, fetches=False)
            return grants
        finally:
            node.close()
