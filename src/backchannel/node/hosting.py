"""Which mailboxes a node hosts: both directions of every channel with its counterparts, and who may do what there."""

import threading
from pathlib import Path

from backchannel.carriers.host import Grant, MailboxHost, Quota
from backchannel.node.channels import channels_with, receiving, sending
from backchannel.node.node import MAILBOXES, open_node
from backchannel.node.parties import all_parties, peer_of

_STRANGE = Grant("", puts=False, fetches=False)


def mailbox_host(home: Path, quota: Quota | None = None) -> MailboxHost:
    """The mailboxes in a node's folder, for its counterparts and for nobody else."""
    known = KnownMailboxes(home)
    return MailboxHost(home / MAILBOXES, known=known, whose=known.whose, owners=known.owners, quota=quota)


class KnownMailboxes:
    """The mailboxes of the node's channels, by name. A new agreement counts at once: a name that is not known is
    looked up anew, since names cannot be guessed and a stranger learns nothing from the answer."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._grants: dict[str, Grant] = {}
        self._lock = threading.Lock()

    def __call__(self, name: str) -> bool:
        """Is it one of ours?"""
        if name in self._grants:
            return True
        with self._lock:
            self._grants = self._read()
        return name in self._grants

    def whose(self, name: str) -> Grant:
        """Which counterpart's it is: it puts into what we read, and fetches from what we write."""
        self(name)
        return self._grants.get(name, _STRANGE)

    def owners(self) -> int:
        """How many counterparts there are."""
        return len({grant.owner for grant in self._grants.values()})

    def _read(self) -> dict[str, Grant]:
        node = open_node(self._home)
        try:
            grants: dict[str, Grant] = {}
            for peer in map(peer_of, all_parties(node)):
                for channel in channels_with(node, peer):
                    grants[sending(peer, channel).name] = Grant(peer.key, puts=False)
                    for mailbox in receiving(node, channel):
                        grants[mailbox.name] = Grant(peer.key, fetches=False)
            return grants
        finally:
            node.close()
