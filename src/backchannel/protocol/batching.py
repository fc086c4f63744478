"""What fits into one envelope: objects to release, counted so that the counterpart's limits are never met.

A sender that only counted objects would learn of the other limits when its envelope is refused. What `core.size`
takes for one object always fits.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import le
from typing import TypeVar

from backchannel.errors import LimitExceeded
from backchannel.protocol.bounds import Bounds, Measure, check_bounds
from backchannel.protocol.versions import CURRENT, Features

T = TypeVar("T")
_Weight = tuple[int, ...]
"""Objects, bytes, strings, containers."""

_LEVELS_AROUND = 4
"""The array of messages, the message, its items and the item."""
_SPARE = 90_000
"""Strings and containers that a sender leaves for markings, for consents and for the message itself."""
_BESIDE = (580, 28, 3)
"""Bytes, strings and containers that an item adds around the released object: its level and its provenance."""


def check_sendable(raw: bytes, limits: Features = CURRENT) -> Measure:
    """Is this object small and simple enough to be sent? Answers what it holds.

    Raises:
        LimitExceeded: larger than `max_object`, deeper than 64 levels, or more than half of what a body may hold.
        UnicodeDecodeError: it is not UTF-8.
    """
    if len(raw) > limits.max_object:
        raise LimitExceeded(f"{len(raw)} bytes in one object; the limit is {limits.max_object}")
    depth = limits.max_depth - _LEVELS_AROUND
    return check_bounds(raw, Bounds(depth, limits.max_strings // 2, limits.max_containers // 2))


def batches(
    groups: Iterable[Sequence[T]], raw_of: Callable[[T], bytes], limits: Features = CURRENT
) -> Iterator[list[T]]:
    """Groups of things to release, in order, in runs that fit into one envelope each.

    A group stays together unless it does not fit by itself.

    Raises:
        LimitExceeded: an object cannot be sent at all: see `check_sendable`.
    """
    run = _Run(limits)
    items: list[T] = []
    for group in groups:
        weights = [_weigh(raw_of(item), limits) for item in group]
        together = _added(*weights)
        parts: Iterable[tuple[Sequence[T], _Weight]] = [(group, together)]
        if not run.takes(together) and not _Run(limits).takes(together):
            parts = (([item], weight) for item, weight in zip(group, weights, strict=True))
        for part, weight in parts:
            if items and not run.takes(weight):
                yield items
                run, items = _Run(limits), []
            run.add(weight)
            items.extend(part)
    if items:
        yield items


class _Run:
    """What the objects of one envelope hold so far."""

    def __init__(self, limits: Features) -> None:
        self._most = (limits.max_objects, limits.batch, limits.max_strings, limits.max_containers)
        self._sum: _Weight = (0, 0, _SPARE, _SPARE)

    def takes(self, weight: _Weight) -> bool:
        return all(map(le, _added(self._sum, weight), self._most))

    def add(self, weight: _Weight) -> None:
        self._sum = _added(self._sum, weight)


def _added(*weights: _Weight) -> _Weight:
    return tuple(map(sum, zip(*weights, strict=True))) or (0, 0, 0, 0)


def _weigh(raw: bytes, limits: Features) -> _Weight:
    measure = check_sendable(raw, limits)
    size, strings, containers = _BESIDE
    return 1, len(raw) + size, measure.strings + strings, measure.containers + containers
