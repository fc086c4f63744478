"""STIX 2.0 to 2.1: one object becomes the same object in 2.1, observed data also the observables that it held.

Rules: the same input gives the same output, byte for byte, so that importing twice changes nothing. Nothing
is judged and nothing raises: what was no valid 2.0 comes out as no valid 2.1, for the validator to refuse.
Nothing is dropped: properties that 2.1 does not know stay as custom properties; the caller keeps the
original bytes. A mark on a part that moves, moves with it. Malware of 2.0 that does not say otherwise is a
family: 2.0 had no sample to name. No package does this: stix2-elevator reads STIX 1, stix2-slider goes down,
misp-stix goes by way of MISP and loses.
Source: STIX 2.0 (19 July 2017), parts 1 to 5; STIX 2.1, section 1.6 ("Changes from Earlier Versions") and
chapter 6.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from backchannel.core.stix import StixObject
from backchannel.core.stix_tokens import Token, tokens
from backchannel.formats.upgrade_observed import MovedMarks, observables

_LABELS_BECAME: Mapping[str, str] = MappingProxyType(
    {
        "identity": "roles",
        "indicator": "indicator_types",
        "malware": "malware_types",
        "report": "report_types",
        "threat-actor": "threat_actor_types",
        "tool": "tool_types",
    }
)
_PATTERN_NAMES: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("directory", "created"): "ctime",
        ("directory", "modified"): "mtime",
        ("directory", "accessed"): "atime",
        ("file", "created"): "ctime",
        ("file", "modified"): "mtime",
        ("file", "accessed"): "atime",
        ("process", "created"): "created_time",
        ("process", "binary_ref"): "image_ref",
        ("user-account", "password_last_changed"): "credential_last_changed",
        ("windows-registry-key", "modified"): "modified_time",
    }
)
_COARSE_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{0,2}))?Z", re.ASCII)


def upgrade(old: StixObject) -> list[StixObject]:
    """What an object of STIX 2.0 is in STIX 2.1: itself first, then the observables that observed data held."""
    value = _common(old.value)
    kind = value.get("type")
    if kind == "indicator":
        value.setdefault("pattern_type", "stix")
        if value["pattern_type"] == "stix" and isinstance(value.get("pattern"), str):
            value["pattern"] = _pattern(value["pattern"])
    elif kind == "malware":
        value.setdefault("is_family", True)
    elif kind == "marking-definition":
        _name_tlp(value)
    made: list[dict[str, Any]] = []
    if kind == "observed-data" and isinstance(value.get("objects"), dict):
        made = _observed(value)
    return [_object(each) for each in (value, *made)]


def _common(old: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of an object, `spec_version` behind `type`, labels under their name in 2.1."""
    kind = old.get("type")
    became = _LABELS_BECAME.get(kind) if isinstance(kind, str) else None
    moves = became is not None and became not in old and "labels" in old
    value: dict[str, Any] = {}
    for name, content in old.items():
        if name == "spec_version":
            continue
        value[became if moves and became and name == "labels" else name] = content
        if name == "type":
            value["spec_version"] = "2.1"
    value.setdefault("spec_version", "2.1")
    for name in ("created", "modified"):
        if isinstance(value.get(name), str):
            value[name] = _COARSE_TIME.sub(_with_milliseconds, value[name])
    if moves and became:
        value |= _reselect(value, became)
    return value


def _with_milliseconds(match: re.Match[str]) -> str:
    return f"{match[1]}.{(match[2] or '').ljust(3, '0')}Z"


def _reselect(value: dict[str, Any], became: str) -> dict[str, Any]:
    """Granular markings of `labels` go on marking the same list under its new name."""
    markings = value.get("granular_markings")
    if not isinstance(markings, list):
        return {}
    return {"granular_markings": [_reselected(marking, became) for marking in markings]}


def _reselected(marking: object, became: str) -> object:
    if not isinstance(marking, dict) or not isinstance(marking.get("selectors"), list):
        return marking
    selectors = [
        became + one[len("labels") :]
        if isinstance(one, str) and (one == "labels" or one.startswith("labels."))
        else one
        for one in marking["selectors"]
    ]
    return {**marking, "selectors": selectors}


def _name_tlp(value: dict[str, Any]) -> None:
    definition = value.get("definition")
    level = definition.get("tlp") if isinstance(definition, dict) else None
    if value.get("definition_type") == "tlp" and isinstance(level, str):
        value.setdefault("name", f"TLP:{level.upper()}")


def _observed(value: dict[str, Any]) -> list[dict[str, Any]]:
    marks = MovedMarks(value)
    made = observables(str(value.get("id")), value["objects"], marks)
    if made:
        del value["objects"]
        value["object_refs"] = [each["id"] for each in made]
        marks.leave(value)
    return made


def _pattern(text: str) -> str:
    """The pattern with the names of 2.1; unchanged if it cannot be read."""
    try:
        words = list(tokens(text))
    except ValueError:
        return text
    pieces: list[str] = []
    at = 0
    for index, word in enumerate(words):
        new = _new_name(words, index)
        if new is not None:
            pieces += [text[at : word.start], new]
            at = word.start + len(word.text)
    return "".join([*pieces, text[at:]])


def _new_name(words: list[Token], index: int) -> str | None:
    if index < 2:
        return None
    before, sign, word = words[index - 2 : index + 1]
    if sign.kind == ":" and word.kind == "name":
        return _PATTERN_NAMES.get((before.text, word.text))
    if sign.kind == "." and before.text == "hashes" and word.text.strip("'") == "ssdeep":
        return "SSDEEP"
    return None


def _object(value: dict[str, Any]) -> StixObject:
    raw = msgspec.json.encode(value)
    return StixObject(raw, value)
