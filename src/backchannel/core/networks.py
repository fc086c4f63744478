"""Sets of IP networks, each with a label, and whether an address or network touches one of them.

Rules: networks nest or lie apart, so that of two the wider one says it all; look-ups are one search in a
sorted list a family. An IPv4 address that is mapped into IPv6 is the IPv4 address.
"""

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

_ALL_OF_V4 = 0xFFFFFFFF


class Bounds(NamedTuple):
    """The first and last address of a network as numbers, and its family: 4 or 6."""

    family: int
    first: int
    last: int

    @property
    def prefix(self) -> int:
        """The length of the network's prefix in bits."""
        return (32 if self.family == 4 else 128) - (self.last - self.first).bit_length()

    def carried(self) -> Iterator["Bounds"]:
        """The IPv4 networks that an IPv6 network stands for: by 6to4 (RFC 3056), by Teredo (RFC 4380: the server, and
        the client in inverted bits), or as an IPv4-compatible address (RFC 4291, 2.5.5.1)."""
        if self.family != 6:
            return
        if self.first >> 112 == 0x2002 and self.prefix >= 16:
            yield self._within(80, 0)
        elif self.first >> 96 == 0x20010000 and self.prefix >= 32:
            yield self._within(64, 0)
            if self.prefix >= 96:
                yield self._within(0, _ALL_OF_V4)
        elif self.first >> 32 == 0 and self.prefix >= 96:
            yield self._within(0, 0)

    def _within(self, shift: int, inverted: int) -> "Bounds":
        """The 32 bits at a place, as a network."""
        ends = ((end >> shift & _ALL_OF_V4) ^ inverted for end in (self.first, self.last))
        first, last = sorted(ends)
        return Bounds(4, first, last)

    def __str__(self) -> str:
        """In CIDR notation."""
        kind = ipaddress.IPv4Address if self.family == 4 else ipaddress.IPv6Address
        return f"{kind(self.first)}/{self.prefix}"


def bounds(text: str) -> Bounds:
    """The bounds of an address or of a network in CIDR notation; bits beyond the prefix do not matter.

    Raises:
        ValueError: neither.
    """
    host, slash, length = text.partition("/")
    octets = host.split(".")
    if len(octets) == 4 and ":" not in host:
        return _bounds_of_v4(octets, length if slash else "32", text)
    network = ipaddress.ip_network(text, strict=False)
    first, last = int(network.network_address), int(network.broadcast_address)
    if network.version == 6 and first >> 32 == 0xFFFF:
        return Bounds(4, first & 0xFFFFFFFF, last & 0xFFFFFFFF)
    return Bounds(network.version, first, last)


def _bounds_of_v4(octets: list[str], length: str, text: str) -> Bounds:
    """By hand: lists of networks are long, and `ipaddress` takes ten times as long."""
    address = 0
    for octet in octets:
        if not (octet.isascii() and octet.isdigit() and len(octet) <= 3 and int(octet) < 256):
            raise ValueError(f"{text[:60]!a} is not an address or network")
        address = address << 8 | int(octet)
    if not (length.isascii() and length.isdigit() and len(length) <= 2 and int(length) <= 32):
        raise ValueError(f"{text[:60]!a} is not an address or network")
    hosts = (1 << 32 - int(length)) - 1
    return Bounds(4, address & ~hosts, address | hosts)


class _Family(msgspec.Struct, frozen=True):
    """Disjoint networks of one family in order."""

    firsts: tuple[int, ...] = ()
    lasts: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()

    def touching(self, wanted: Bounds) -> str | None:
        at = bisect_right(self.firsts, wanted.last) - 1
        return self.labels[at] if at >= 0 and self.lasts[at] >= wanted.first else None


class Networks(msgspec.Struct, frozen=True):
    """A set of labelled networks. Make it with `networks`."""

    v4: _Family = _Family()
    v6: _Family = _Family()

    def touching(self, wanted: Bounds) -> str | None:
        """The label of a network that shares an address with `wanted`, or None."""
        return (self.v4 if wanted.family == 4 else self.v6).touching(wanted)


def networks(labelled: Iterable[tuple[Bounds, str]]) -> Networks:
    """A set of networks with labels; the label of a network within another one is dropped."""
    families: dict[int, list[tuple[int, int, str]]] = {4: [], 6: []}
    for one, label in labelled:
        families[one.family].append((one.first, -one.last, label))
    return Networks(_family(families[4]), _family(families[6]))


def _family(found: list[tuple[int, int, str]]) -> _Family:
    firsts, lasts, labels = [], [], []
    end = -1
    for first, negative_last, label in sorted(found):
        if -negative_last > end:
            end = -negative_last
            firsts.append(first)
            lasts.append(end)
            labels.append(label)
    return _Family(tuple(firsts), tuple(lasts), tuple(labels))
