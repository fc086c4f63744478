"""The observables within observed data of STIX 2.0 as objects of their own, as STIX 2.1 has them.

Rules: an observable's id is the deterministic one of 2.1; where 2.1 asks for a random id (no contributing
properties), or where observables refer to each other in a circle, it is a UUIDv4 made of the content's hash,
so that it is the same again next time. References by key become references by id. Every mark on the observed
data is put on each of its observables, and a granular mark on a part of `objects` on the observables that it
selects: moving data out must never widen who may see it.
Source: STIX 2.0, part 4; STIX 2.1, sections 2.9, 4.14 (observed data), 6 and 7.2.
"""

import hashlib
import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from backchannel.core.stix_ids import CONTRIBUTING, deterministic_id

_RENAMED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "directory": {"created": "ctime", "modified": "mtime", "accessed": "atime"},
        "file": {"created": "ctime", "modified": "mtime", "accessed": "atime"},
        "process": {"created": "created_time", "binary_ref": "image_ref"},
        "user-account": {"password_last_changed": "credential_last_changed"},
        "windows-registry-key": {"modified": "modified_time"},
    }
)
_MAX_DEPTH = 64


class MovedMarks:
    """The marks of one observed data object, as they apply to the observables taken out of it."""

    def __init__(self, observed: Mapping[str, Any]) -> None:
        marks = observed.get("object_marking_refs")
        self._all = [mark for mark in marks if isinstance(mark, str)] if isinstance(marks, list) else []
        self._of_key: dict[str, list[str]] = {}
        granular = observed.get("granular_markings")
        for marking in granular if isinstance(granular, list) else ():
            if isinstance(marking, dict) and isinstance(marking.get("selectors"), list):
                self._select(marking.get("marking_ref"), marking["selectors"])

    def of(self, key: str) -> list[str]:
        """The marks of the observable under this key of `objects`."""
        return list(dict.fromkeys([*self._all, *self._of_key.get(key, [])]))

    def leave(self, observed: dict[str, Any]) -> None:
        """Take the selectors of `objects` out of the observed data's granular markings."""
        granular = observed.get("granular_markings")
        if not isinstance(granular, list):
            return
        kept = [marking for marking in map(_without_objects, granular) if marking is not None]
        if kept:
            observed["granular_markings"] = kept
        else:
            del observed["granular_markings"]

    def _select(self, mark: object, selectors: list[Any]) -> None:
        for selector in selectors:
            if not isinstance(selector, str) or not isinstance(mark, str):
                continue
            if selector == "objects":
                self._all.append(mark)
            elif selector.startswith("objects."):
                self._of_key.setdefault(selector.split(".")[1], []).append(mark)


def _without_objects(marking: Any) -> Any:
    if not isinstance(marking, dict) or not isinstance(marking.get("selectors"), list):
        return marking
    selectors = [one for one in marking["selectors"] if str(one).split(".")[0] != "objects"]
    return {**marking, "selectors": selectors} if selectors else None


def observables(observed_id: str, objects: Mapping[str, Any], marks: MovedMarks) -> list[dict[str, Any]]:
    """The observables under the keys of `objects`, in their order; none if one of them is no observable at all."""
    if not all(isinstance(each, dict) and isinstance(each.get("type"), str) for each in objects.values()):
        return []
    renamed = {key: _renamed(each) for key, each in objects.items()}
    ids = _ids(observed_id, renamed)
    made = []
    for key, each in renamed.items():
        value: dict[str, Any] = {"type": each["type"], "spec_version": "2.1", "id": ids[key]}
        value |= _resolved({name: part for name, part in each.items() if name not in value}, ids)
        if marks.of(key):
            value["object_marking_refs"] = marks.of(key)
        made.append(value)
    return made


def _renamed(old: dict[str, Any]) -> dict[str, Any]:
    names = _RENAMED.get(old["type"], {})
    value = {names.get(name, name) if names.get(name) not in old else name: part for name, part in old.items()}
    hashes = value.get("hashes")
    if isinstance(hashes, dict) and "ssdeep" in hashes and "SSDEEP" not in hashes:
        value["hashes"] = {"SSDEEP" if name == "ssdeep" else name: part for name, part in hashes.items()}
    return value


def _ids(observed_id: str, objects: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    """The id of each; one that an id depends on comes first (Kahn's algorithm), what is left lies in circles."""
    needs = {key: _needed(each, objects) for key, each in objects.items()}
    needed_by: dict[str, list[str]] = {}
    for key, wanted in needs.items():
        for other in wanted:
            needed_by.setdefault(other, []).append(key)
    ids: dict[str, str] = {}
    ready = [key for key, wanted in needs.items() if not wanted]
    while ready:
        key = ready.pop()
        ids[key] = _id(observed_id, key, objects[key], ids)
        for other in needed_by.get(key, []):
            needs[other].discard(key)
            if not needs[other]:
                ready.append(other)
    for key, each in objects.items():
        if key not in ids:
            ids[key] = _hashed_id(observed_id, key, each)
    return ids


def _needed(value: Mapping[str, Any], objects: Mapping[str, Any]) -> set[str]:
    names = [name for name in CONTRIBUTING.get(value["type"], ()) if name.endswith("_ref")]
    return {value[name] for name in names if isinstance(value.get(name), str) and value[name] in objects}


def _id(observed_id: str, key: str, value: dict[str, Any], ids: Mapping[str, str]) -> str:
    return deterministic_id(_resolved(value, ids)) or _hashed_id(observed_id, key, value)


def _hashed_id(observed_id: str, key: str, value: dict[str, Any]) -> str:
    content = msgspec.json.encode([observed_id, key, value])
    made = uuid.UUID(bytes=hashlib.sha256(content).digest()[:16], version=4)
    return f"{value['type']}--{made}"


def _resolved(value: Any, ids: Mapping[str, str], depth: int = 0) -> Any:
    """The value with references by key turned into references by id, where the key is known."""
    if depth > _MAX_DEPTH:
        return value
    if isinstance(value, list):
        return [_resolved(each, ids, depth + 1) for each in value]
    if not isinstance(value, dict):
        return value
    made: dict[str, Any] = {}
    for name, part in value.items():
        if name.endswith("_ref") and isinstance(part, str):
            made[name] = ids.get(part, part)
        elif name.endswith("_refs") and isinstance(part, list):
            made[name] = [ids.get(each, each) if isinstance(each, str) else each for each in part]
        else:
            made[name] = _resolved(part, ids, depth + 1)
    return made
