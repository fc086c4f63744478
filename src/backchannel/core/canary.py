"""Canaries: names that we own, one for each copy that we give away, so that a copy that leaks says whose it was.

Rules: a name is derived with the node's secret from the agreement, the recipient and a counter. So it is the same
each time, no two recipients get the same, and nobody without the secret can tell it from one that was drawn by lot.
Its random part alone has more than 41 bits: nobody meets it by chance. What a canary looks like as an object is in
`core.canary_form`, finding one in what leaked in `core.canary_search`.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

import msgspec

from backchannel.core.internet import domain
from backchannel.core.stix import StixObject

MOST = 100
"""Canaries that one release adds at most."""

CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
SHORTEST, LONGEST = 8, 10
"""Length of the random part of a name."""

WORDS = ("api", "app", "auth", "cdn", "dl", "edge", "img", "mail", "node", "ns", "static", "sync")
"""What hosts are often called, whoever runs them."""

_CONTEXT = b"backchannel canary 1"
_ROOM = 253 - (max(map(len, WORDS)) + LONGEST + len("0-."))
"""Characters that a domain may have so that each name below it is a domain name (RFC 1035, 2.3.4)."""


class Canary(msgspec.Struct, frozen=True):
    """One canary: its name, whom it was made for, and the two objects that carry it.

    `recipient` is a party key. `counter` tells the canaries of an agreement apart. `tlp` and `link_tlp` are the
    levels of the indicator and of its relationship. `seq` is that of the indicator whose form it takes: it is judged
    as if it had come in together with that.
    """

    agreement: str
    recipient: str
    counter: int
    name: str
    indicator: StixObject
    relationship: StixObject
    tlp: str
    link_tlp: str
    seq: int
    added_at: datetime

    @property
    def label(self) -> str:
        """The first label of the name: what nobody else could have made up."""
        return self.name.partition(".")[0]

    @property
    def threat(self) -> str:
        """The id of the threat that the indicator is said to indicate."""
        return str(self.relationship.value["target_ref"])

    @property
    def ids(self) -> tuple[str, str]:
        """The ids of the indicator and of the relationship."""
        return self.indicator.id, self.relationship.id


class Draw:
    """Choices that follow from a secret and what they are for: the same each time, and to nobody else's knowledge."""

    def __init__(self, secret: bytes, *purpose: str) -> None:
        message = b"\0".join((_CONTEXT, *(part.encode() for part in purpose)))
        self._left = int.from_bytes(hmac.digest(secret, message, hashlib.sha512))

    def below(self, limit: int) -> int:
        """A number from 0, less than `limit`. The product of all limits asked for must stay far below 2^512."""
        self._left, number = divmod(self._left, limit)
        return number


def name_of(secret: bytes, agreement: str, recipient: str, counter: int, domains: Sequence[str]) -> str:
    """The name of a canary below one of the operator's own domains.

    Raises:
        ValueError: there are no domains.
    """
    if not domains:
        raise ValueError("a canary needs a domain to lie below")
    draw = Draw(secret, "name", agreement, recipient, str(counter))
    parent = domains[draw.below(len(domains))]
    length = SHORTEST + draw.below(LONGEST - SHORTEST + 1)
    lot = "".join(CHARACTERS[draw.below(len(CHARACTERS))] for _ in range(length))
    word = WORDS[draw.below(len(WORDS))]
    shapes = (f"{word}-{lot}", f"{word}{1 + draw.below(9)}-{lot}", f"{lot}-{word}")
    return f"{shapes[draw.below(len(shapes))]}.{parent}"


def parent_domain(text: str) -> str:
    """A domain that canaries may lie below, in canonical spelling.

    Raises:
        ValueError: not a domain name, or too long to have names below it.
    """
    name = domain(text)
    if len(name) > _ROOM:
        raise ValueError(f"{name} is too long: a name below it needs {253 - _ROOM} characters more")
    return name
