"""How much one object may hold to cross: one rule for who releases and who receives.

A parser pays for every value and a reader for every character, so bytes alone are no measure.
"""

from collections.abc import Mapping
from typing import Any

from backchannel.core.stix import MAX_OBJECT_BYTES, StixObject

MAX_LIST = 10_000
"""Most members of one list or object inside an object."""

MAX_STRING = 256 * 1024
"""Most characters of one string."""

MAX_CONTAINERS = 100_000
"""Most lists and objects inside an object."""


def oversized(one: StixObject) -> str | None:
    """In what an object is too large; None if it is not."""
    if len(one.raw) > MAX_OBJECT_BYTES:
        return f"the object has {len(one.raw)} bytes; {MAX_OBJECT_BYTES} at most"
    return _holds_too_much(one.value) if len(one.raw) > MAX_LIST else None


def _holds_too_much(value: Mapping[str, Any]) -> str | None:
    stack: list[Any] = [value]
    containers = 0
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            if len(item) > MAX_STRING:
                return f"a text of {len(item)} characters; {MAX_STRING} at most"
        elif isinstance(item, Mapping | list):
            containers += 1
            if containers > MAX_CONTAINERS:
                return f"more than {MAX_CONTAINERS} lists and objects"
            if len(item) > MAX_LIST:
                return f"a list of {len(item)} members; {MAX_LIST} at most"
            stack.extend(item.values() if isinstance(item, Mapping) else item)
    return None
