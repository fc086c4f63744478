"""What every carrier agrees on: how a mailbox or an item may be named, and how large an item may be."""

import re

from backchannel.errors import UnfitItem

MAX_ITEM = 17 * 1024 * 1024
"""Largest item in bytes: an envelope of the largest size bucket with its header."""

MOST_NAMES = 20_000
"""Most names that one listing gives; the next one goes on behind them."""

_NAME = re.compile(r"[0-9a-z](?:[0-9a-z.-]{0,118}[0-9a-z])?")


def is_name(text: str) -> bool:
    """Whether a text names a mailbox or item: 1 to 120 of `0-9 a-z . -`, a letter or digit at both ends."""
    return _NAME.fullmatch(text) is not None


def require_name(text: str) -> str:
    """The name as given.

    Raises:
        UnfitItem: it is not a name in the sense of `is_name`.
    """
    if not is_name(text):
        raise UnfitItem(f"{text[:130]!r} is not a name of a mailbox or an item")
    return text
