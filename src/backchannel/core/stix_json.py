"""JSON that two readers could understand differently, or that is made to exhaust one of them.

Rules: (1) no deeper than `max_depth`; (2) no name twice within an object, because readers disagree which one
counts and what was validated might not be what is stored; (3) whole numbers within what every reader
represents exactly. Almost every object is cleared by counting bytes: brackets bound the depth, a number out
of range has 16 digits in a row, and as many colons behind quotes as there are members means that no member
was lost in decoding. All of these err on the safe side; what they do not clear is looked at member by
member.
Source: STIX 2.1, section 2.6 (integer); RFC 7493 (I-JSON), sections 2.2 and 2.3.
"""

import json
from collections.abc import Mapping
from typing import Any

MAX_INTEGER = 2**53 - 1
"""Largest whole number of STIX (section 2.6), in either direction."""

_BLANKS = b" \t\r\n"
_DIGITS_AS_ZERO = bytes.maketrans(b"123456789", b"000000000")
_SIXTEEN_DIGITS = b"0" * 16


def fault(raw: bytes, value: Mapping[str, Any], *, max_depth: int) -> tuple[str, str] | None:
    """What makes a decoded object unacceptable as JSON: a rule id and a sentence, or None.

    `value` is what `raw` decodes to: dicts, lists and scalars.
    """
    dense = raw.translate(_DIGITS_AS_ZERO, _BLANKS)
    names, objects = dense.count(b'":'), dense.count(b"{")
    if objects + dense.count(b"[") <= max_depth and _SIXTEEN_DIGITS not in dense:
        members = len(value) if objects == 1 else _members(value)
        if members == names:
            return None
    return _slow_fault(raw, value, max_depth)


def _members(value: Mapping[str, Any]) -> int:
    members = 0
    waiting: list[Any] = [value]
    while waiting:
        container = waiting.pop()
        if container.__class__ is dict:
            members += len(container)
            container = container.values()
        waiting += [one for one in container if one.__class__ is dict or one.__class__ is list]
    return members


def _slow_fault(raw: bytes, value: Mapping[str, Any], max_depth: int) -> tuple[str, str] | None:
    level: list[Any] = [value]
    depth = 0
    while level:
        depth += 1
        if depth > max_depth:
            return "too-deep", f"the object is nested deeper than {max_depth} levels"
        inner: list[Any] = []
        for container in level:
            children = container.values() if isinstance(container, dict) else container
            for child in children:
                if isinstance(child, dict | list):
                    inner.append(child)
                elif type(child) is int and not -MAX_INTEGER <= child <= MAX_INTEGER:
                    return "integer-out-of-range", "a whole number is beyond 2**53 - 1, STIX's largest"
        level = inner
    name = _repeated_name(raw)
    return None if name is None else ("duplicate-key", f"the name {name!r} occurs twice in one JSON object")


class _Repeated(Exception):  # noqa: N818 -- a signal between two functions below, not an error
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
