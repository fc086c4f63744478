"""Reduced copies: a redacted variant of an object under a new id, made by us.

Rules: STIX forbids anyone but its creator to change an object, so a variant is another object: it has an
id of its own, derived with a secret so that the parent's cannot be guessed and two agreements' copies
cannot be linked, and our identity as its creator. Versions are the parent's. Marks are never cut; marks
of what is gone go with it. The bytes are JSON with sorted keys, so the same copy always has the same
bytes. Source: STIX 2.1, sections 2.9 (identifiers), 3.6 (versioning) and 7.2.3 (granular markings).
"""

import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import msgspec

from backchannel.core.properties import OBSERVABLE_TYPES
from backchannel.core.stix import StixObject

Cut = tuple[str, ...] | tuple[str, int]
"""What is cut: (property,), ("extensions", extension), or (list property, position)."""

_CONTEXT = b"backchannel reduced copy 1"
_POSITION = re.compile(r"\[(\d+)\]")


def reduced_id(parent: str, secret: bytes, agreement: str, them: str) -> str:
    """The id of the reduced copy of an object under one agreement: the same each time, and not to be
    guessed."""
    message = b"\0".join((_CONTEXT, agreement.encode(), them.encode(), parent.encode()))
    digest = hmac.new(secret, message, hashlib.sha256).digest()
    return f"{parent.partition('--')[0]}--{UUID(bytes=digest[:16], version=4)}"


def without(value: Mapping[str, Any], cuts: Collection[Cut]) -> dict[str, Any]:
    """The decoded object without what is cut; nothing of `value` is changed."""
    copy = {name: inner for name, inner in value.items() if (name,) not in cuts}
    positions: dict[str, set[int]] = {}
    for cut in cuts:
        if len(cut) == 2 and cut[0] in copy:
            name, inner = cut
            if isinstance(inner, int):
                positions.setdefault(name, set()).add(inner)
            else:
                copy[name] = {key: one for key, one in copy[name].items() if key != inner}
    for name, gone in positions.items():
        copy[name] = [one for place, one in enumerate(copy[name]) if place not in gone]
    if copy.get("extensions") == {}:
        del copy["extensions"]
    if cuts and isinstance(copy.get("granular_markings"), list):
        _clean_markings(copy, positions)
    return copy


def reduced_copy(
    value: Mapping[str, Any],
    cuts: Collection[Cut],
    *,
    new_id: str,
    creator: str,
    renamed: Mapping[str, str],
) -> StixObject:
    """The reduced copy: without what is cut, references to `renamed` objects rewritten, created by
    `creator`."""
    copy = _rewritten(without(value, cuts), renamed)
    copy["id"] = new_id
    if copy["type"] not in OBSERVABLE_TYPES:
        copy["created_by_ref"] = creator
    return StixObject(msgspec.json.encode(copy, order="sorted"), copy)


def _rewritten(item: Any, renamed: Mapping[str, str], key: str = "") -> Any:
    """The value with all references to renamed objects under their new ids."""
    if isinstance(item, Mapping):
        return {name: _rewritten(inner, renamed, name) for name, inner in item.items()}
    if isinstance(item, list):
        return [_rewritten(inner, renamed, key if key.endswith("_refs") else "") for inner in item]
    if isinstance(item, str) and key.endswith(("_ref", "_refs")):
        return renamed.get(item, item)
    return item


def _clean_markings(copy: dict[str, Any], positions: Mapping[str, Collection[int]]) -> None:
    """Take away the granular marks of what is gone, and renumber those of lists that lost members."""
    kept = []
    for marking in copy["granular_markings"]:
        left = [_selector(one, copy, positions) for one in marking["selectors"]]
        if any(left):
            kept.append({**marking, "selectors": [selector for selector in left if selector]})
    if kept:
        copy["granular_markings"] = kept
    else:
        del copy["granular_markings"]


def _selector(selector: str, copy: Mapping[str, Any], positions: Mapping[str, Collection[int]]) -> str | None:
    """A selector as it reads in the copy; None if what it selects is gone."""
    name, *steps = selector.split(".")
    if name not in copy:
        return None
    if name == "extensions" and steps and steps[0] not in copy[name]:
        return None
    found = _POSITION.fullmatch(steps[0]) if steps and name in positions else None
    if found is None:
        return selector
    place, gone = int(found[1]), positions[name]
    if place in gone:
        return None
    return ".".join((name, f"[{place - sum(one < place for one in gone)}]", *steps[1:]))
