"""Who speaks and who listens: the node itself and where it stands, and a counterpart with its verified card."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from backchannel.core.identity import KeyCard, identity_id
from backchannel.flow.ports import Party
from backchannel.flow.threats import Synonyms
from backchannel.protocol.keys import PrivateKeys


class Us(msgspec.Struct, frozen=True):
    """The node: its private keys, its own card, and the secret that names its reduced copies.

    `random(n)` gives n random bytes. `reached(step)` is told of every durable step; tests stop the process there.
    """

    private: PrivateKeys
    card: KeyCard
    secret: bytes
    random: Callable[[int], bytes]
    reached: Callable[[str], None]

    @property
    def key(self) -> str:
        """The node's own party key."""
        return self.card.key

    @property
    def identity(self) -> str:
        """The id of the STIX identity that stands for the node."""
        return identity_id(self.key)


class Standing(msgspec.Struct, frozen=True):
    """What holds for every decision of the node: who we are, the time, synonyms, designated names. `origin_tags`:
    whether our objects leave with our origin tag."""

    us: Us
    now: datetime
    synonyms: Synonyms
    designated: frozenset[str]
    origin_tags: bool = True


class Counterpart(msgspec.Struct, frozen=True):
    """Whom an agreement is with, as enrolled. What decides, vets and keeps needs to know no more of it."""

    party: Party

    @property
    def key(self) -> str:
        """The counterpart's party key."""
        return self.party.key

    @property
    def name(self) -> str:
        """What the counterpart is called."""
        return self.party.name

    @property
    def identity(self) -> str:
        """The id of the STIX identity that stands for the counterpart."""
        return identity_id(self.key)


class Guest(Counterpart, frozen=True):
    """A counterpart without a node. It has no card: nothing can be sealed to it, and nothing can be signed by it."""


class Peer(Counterpart, frozen=True):
    """A counterpart with a node, and its card read and verified: it can be written to, and what it signs verified."""

    card: KeyCard
