"""Limits of a JSON text, checked on its bytes before anything is built from it.

A parser pays for every value it makes, and some fall over on depth. Here strings and containers are counted,
and nesting is measured, with a handful of passes in C over the bytes. The text need not be valid JSON:
whatever it is, the counts are upper bounds of what a parser could find in it, and the parser decides on the
rest.
"""

from typing import NamedTuple

import msgspec

from backchannel.errors import LimitExceeded

_NOT_STRUCTURE = bytes(set(range(256)) - set(b'"[]{}'))
_ONE_KIND = bytes.maketrans(b"[]", b"{}")


class Bounds(msgspec.Struct, frozen=True):
    """The most that a text may hold: levels of nesting; strings (names included); objects and arrays."""

    depth: int
    strings: int
    containers: int


class Measure(NamedTuple):
    """How much a text holds: strings (names included), objects and arrays."""

    strings: int
    containers: int


def check_bounds(text: bytes, bounds: Bounds) -> Measure:
    """Refuse a text that exceeds a bound; answer what it holds.

    Raises:
        LimitExceeded: naming the limit. Unbalanced brackets count as too deep, for their depth has no end.
        UnicodeDecodeError: the text is not UTF-8.
    """
    if not text.isascii():
        text.decode("utf-8")
    # Without escaped backslashes, then escaped quotes, every quote delimits a string (RFC 8259, section 7).
    skeleton = text.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _NOT_STRUCTURE)
    strings = skeleton.count(b'"') // 2
    if strings > bounds.strings:
        raise LimitExceeded(f"{strings} strings; the limit is {bounds.strings}")
    outside = b"".join(skeleton.split(b'"')[::2]).translate(_ONE_KIND)
    containers = outside.count(b"{")
    if containers > bounds.containers:
        raise LimitExceeded(f"{containers} JSON objects and arrays; the limit is {bounds.containers}")
    _check_depth(outside, bounds.depth)
    return Measure(strings, containers)


def _check_depth(brackets: bytes, limit: int) -> None:
    # Each pass removes the innermost level, so the number of passes is the depth.
    for _ in range(limit):
        if not brackets:
            return
        brackets = brackets.replace(b"{}", b"")
    if brackets:
        raise LimitExceeded(f"nested deeper than {limit} levels, or brackets that do not match")
