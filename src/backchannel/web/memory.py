"""Answers that are given again for as long as nobody has written to store or settings, and no later than they hold.

Rules: what is kept was made from one version of them, and is forgotten with the first look at another. It takes so
many bytes at most; what was not asked for longest goes first. Used from one thread.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Any

from backchannel.errors import BackchannelError

MOST_BYTES = 48 << 20
"""Bytes of answers that are kept at most."""

OVERHEAD = 2_000
"""What an answer takes beside its bytes, roughly."""


class Memory:
    """What was answered. `version` is another value once anybody wrote, `clock` the node's."""

    def __init__(
        self, version: Callable[[], Hashable], clock: Callable[[], datetime], most_bytes: int = MOST_BYTES
    ) -> None:
        self._version, self._clock, self._most = version, clock, most_bytes
        self._as_of: Hashable = None
        self._kept: OrderedDict[Hashable, tuple[Any, datetime | None, int]] = OrderedDict()
        self._size = 0

    def as_of(self) -> Hashable:
        """The version now, None if it cannot be told; what was kept of another one is forgotten."""
        try:
            version: Hashable = self._version()
        except BackchannelError:
            version = None
        if version is None or version != self._as_of:
            self._kept.clear()
            self._size = 0
        self._as_of = version
        return version

    def get(self, key: Hashable) -> Any:
        """What is kept under a key; None if there is nothing, or it no longer holds."""
        found = self._kept.get(key)
        if found is None or (found[1] is not None and self._clock() >= found[1]):
            return None
        self._kept.move_to_end(key)
        return found[0]

    def keep(
        self, as_of: Hashable, key: Hashable, value: Any, *, size: int = 0, until: datetime | None = None
    ) -> None:
        """Keep what was made after `as_of` was asked for, until a time if it does not hold for good."""
        size += OVERHEAD
        if as_of is None or as_of != self._as_of or size > self._most:
            return
        if key in self._kept:
            self._size -= self._kept.pop(key)[2]
        self._kept[key] = (value, until, size)
        self._size += size
        while self._size > self._most:
            self._size -= self._kept.popitem(last=False)[1][2]
