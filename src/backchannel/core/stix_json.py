"""JSON that two readers could understand differently, or that is made to exhaust one of them.

Rules: (1) no deeper than `max_depth`; (2) no name twice within an object, because readers disagree which one
counts and what was validated might not be what is stored; (3) whole numbers within what every reader
represents exactly. Names are counted instead of compared: as many colons after quotes as there are members
means that none was lost. Source: STIX 2.1, section 2.6 (integer); RFC 7493 (I-JSON), sections 2.2 and 2.3.
"""

import json
from collections.abc import Mapping
from typing import Any

MAX_INTEGER = 2**53 - 1
"""Largest whole number of STIX (section 2.6), in either direction."""

_BLANKS = b" \t\r\n"


def fault(raw: bytes, value: Mapping[str, Any], *, max_depth: int) -> tuple[str, str] | None:
    """What makes a decoded object unacceptable as JSON: a rule id and a sentence, or None.

    `value` is what `raw` decodes to; it may be a plain dict of dicts, lists and scalars only.
    """
    members, depth = 0, 0
    level: list[Any] = [value]
    while level:
        depth += 1
        if depth > max_depth:
            return "too-deep", f"the object is nested deeper than {max_depth} levels"
        inner: list[Any] = []
        for container in level:
            if container.__class__ is dict:
                members += len(container)
            for child in container.values() if container.__class__ is dict else container:
                kind = child.__class__
                if kind is dict or kind is list:
                    inner.append(child)
                elif kind is int and not -MAX_INTEGER <= child <= MAX_INTEGER:
                    return "integer-out-of-range", "a whole number is beyond 2**53 - 1, STIX's largest"
        level = inner
    if raw.translate(None, _BLANKS).count(b'":') == members:
        return None
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
