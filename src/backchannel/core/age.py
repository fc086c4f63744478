"""How old an object is, and whether that is older than agreed.

Rules: what counts is the newest of an object's times; an object without any has no age. A time that cannot be read
counts against the object. Sender and receiver judge alike.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from backchannel.core.stix import format_timestamp, version_order

_TIMES = ("modified", "created", "valid_from", "last_observed", "last_seen", "published")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")


def newest_time(value: Mapping[str, Any]) -> str | None:
    """The newest time of an object, as it stands there; None if it has none.

    Raises:
        ValueError: one of its times is no timestamp.
    """
    times = [value[name] for name in _TIMES if name in value]
    if not all(map(is_time, times)):
        raise ValueError("its times cannot be read")
    return max(times, key=version_order, default=None)


def is_time(item: Any) -> bool:
    """Whether this is a timestamp of STIX."""
    return isinstance(item, str) and _TIMESTAMP.fullmatch(item) is not None


def is_before(time: str, moment: datetime) -> bool:
    """Whether a timestamp lies before a moment."""
    return version_order(time) < version_order(stamp(moment))


@lru_cache(maxsize=64)
def stamp(moment: datetime) -> str:
    """A moment as a timestamp; many objects are compared with the same one."""
    return format_timestamp(moment)
