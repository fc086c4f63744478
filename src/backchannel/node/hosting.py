"""Which mailboxes a node hosts: both directions of every channel with its counterparts."""

import threading
from pathlib import Path

from backchannel.node.channels import channels_with, receiving, sending
from backchannel.node.node import open_node
from backchannel.node.parties import all_parties, peer_of


class KnownMailboxes:
    """Says whether a mailbox name belongs to a channel of the node. A new agreement counts at once: a name that is
    not known is looked up anew, since names cannot be guessed and a stranger learns nothing from the answer."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._names: frozenset[str] = frozenset()
        self._lock = threading.Lock()

    def __call__(self, name: str) -> bool:
        """Is it one of ours?"""
        if name in self._names:
            return True
        with self._lock:
            self._names = self._read()
        return name in self._names

    def _read(self) -> frozenset[str]:
        node = open_node(self._home)
        try:
            names: set[str] = set()
            for peer in map(peer_of, all_parties(node)):
                for channel in channels_with(node, peer):
                    names.add(sending(peer, channel).name)
                    names.update(mailbox.name for mailbox in receiving(node, channel))
            return frozenset(names)
        finally:
            node.close()
