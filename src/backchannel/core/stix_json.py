"""JSON that two readers could understand differently, or that is made to exhaust one of them.

Rules: (1) no deeper than `max_depth`; (2) no name twice within an object, because readers disagree which one
counts and what was validated might not be what is stored; (3) whole numbers within what every reader
represents exactly. Almost every object is cleared by counting: as many colons behind quotes as there are
members means that no member was lost in decoding. Quotes and colons within texts can only make that count
too high, which sends the object to the slow way, where names are compared one by one.
Source: STIX 2.1, section 2.6 (integer); RFC 7493 (I-JSON), sections 2.2 and 2.3.
"""

import json
from collections.abc import Mapping
from typing import Any

MAX_INTEGER = 2**53 - 1
"""Largest whole number of STIX (section 2.6), in either direction, since every JSON reader keeps it exact (RFC 8785,
3.2.2.3): so also the largest epoch and sequence."""

_BLANKS = b" \t\r\n"
_NOT_FLAT = frozenset({dict, list, int})


def fault(raw: bytes, value: Mapping[str, Any], *, max_depth: int) -> tuple[str, str] | None:
    """What makes a decoded object unacceptable as JSON: a rule id and a sentence, or None.

    `value` is what `raw` decodes to: dicts, lists and scalars. `max_depth` is at least 3.
    """
    members = _flat_members(value)
    names = raw.translate(None, _BLANKS).count(b'":')
    return None if members == names else _slow_fault(raw, value, names, max_depth)


def _flat_members(value: Mapping[str, Any]) -> int | None:
    """How many members an object and the flat objects in its lists have; None for any other nesting or number."""
    members = len(value)
    for part in value.values():
        if type(part) is str:
            continue
        if type(part) is list:
            for one in part:
                if type(one) is dict:
                    members += len(one)
                    if not _NOT_FLAT.isdisjoint(map(type, one.values())):
                        return None
                elif type(one) is not str:
                    return None
        elif type(part) is dict or (type(part) is int and not -MAX_INTEGER <= part <= MAX_INTEGER):
            return None
    return members


def _slow_fault(raw: bytes, value: Mapping[str, Any], names: int, max_depth: int) -> tuple[str, str] | None:
    level: list[Any] = [value]
    members = depth = 0
    while level:
        depth += 1
        if depth > max_depth:
            return "too-deep", f"the object is nested deeper than {max_depth} levels"
        inner: list[Any] = []
        for container in level:
            children = container
            if type(container) is dict:
                members += len(container)
                children = container.values()
            for child in children:
                if type(child) is dict or type(child) is list:
                    inner.append(child)
                elif type(child) is int and not -MAX_INTEGER <= child <= MAX_INTEGER:
                    return "integer-out-of-range", "a whole number is beyond 2**53 - 1, STIX's largest"
        level = inner
    name = None if members == names else _repeated_name(raw)
    return None if name is None else ("duplicate-key", f"the name {name!r} occurs twice in one JSON object")


class _Repeated(Exception):
    """Carries the first name that occurs twice."""


def _repeated_name(raw: bytes) -> str | None:
    try:
        json.loads(raw, object_pairs_hook=_refuse_repeated)
    except _Repeated as found:
        return str(found.args[0])[:60]
    return None


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise _Repeated(name)
        seen.add(name)
