"""Values that have one spelling in a text: base64, decimal numbers, hashes. Any other spelling is refused.

A text that two readers could take for two values, or that two writers would write differently, is of no use
under a signature. All functions raise `ValueError` with the reason; the caller says what it was reading.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error

HASH = 32
"""Length of a SHA-256 hash, in bytes."""
MAX_NUMBER = 2**63 - 1
"""Largest size, index or time: what a signed 64-bit number holds, because other implementations use one."""

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def to_base64(value: bytes) -> str:
    """Base64 of RFC 4648, section 4, with padding."""
    return b64encode(value).decode("ascii")


def from_base64(text: str) -> bytes:
    """The bytes that `to_base64` would spell like this: no blanks, full padding, unused bits zero."""
    try:
        value = b64decode(text.encode("ascii"), validate=True)
    except (Error, UnicodeEncodeError):
        raise ValueError("not base64") from None
    if to_base64(value) != text:
        raise ValueError("not base64 as a writer spells it")
    return value


def hash_from_base64(text: str) -> bytes:
    """A SHA-256 hash in base64."""
    value = from_base64(text)
    if len(value) != HASH:
        raise ValueError(f"a hash has {HASH} bytes, not {len(value)}")
    return value


def from_decimal(text: str) -> int:
    """A number from 0 to 2^63-1, without sign or leading zeros."""
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a decimal number without leading zeros")
    value = int(text)
    if value > MAX_NUMBER:
        raise ValueError(f"{text} is larger than 2^63-1")
    return value
