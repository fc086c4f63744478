"""Violations of a JSON schema as sentences: where, what, and no more of it than an analyst needs.

Rules: a rule id is `schema:` and the keyword of JSON Schema that failed. Of alternatives (`anyOf`, `oneOf`)
the one that came nearest speaks. The same thing is said once, the most telling first, at most `MAX_FINDINGS`
of an object.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import jsonschema_rs

from backchannel.core.conformance import Finding, finding
from backchannel.core.text import printable

MAX_FINDINGS = 3

_MAX_PARTS = 1_000
"""Of an object with more parts only the first error is looked for: it can have as many, and each costs time."""
_MAX_NESTED = 8
_RESERVED_NAMES = "`severity`, `action`, `username` and `phone_numbers` are reserved (section 11.1)"
_TELLING = (
    "required", "enum", "pattern", "format", "minimum", "maximum", "minItems", "minProperties", "type",
    "additionalProperties", "not",
)  # fmt: skip


def schema_findings(schema: jsonschema_rs.Draft202012Validator, value: Mapping[str, Any]) -> list[Finding]:
    """The findings for an object that the schema refuses, at least one."""
    nearest: dict[tuple[str, str], jsonschema_rs.ValidationError] = {}
    for error in _errors(schema, value):
        spoken = _nearest(error)
        nearest.setdefault((_where(spoken), spoken.kind.name), spoken)
    ranked = sorted(nearest.values(), key=_telling)
    telling = [error for error in ranked if error.kind.name in _TELLING] or ranked
    found = {(_where(error), _message(error)): error for error in telling}
    return [
        finding(f"schema:{error.kind.name}", f"{where}: {message}" if where else message, _shown(error))
        for (where, message), error in list(found.items())[:MAX_FINDINGS]
    ]


def _errors(
    schema: jsonschema_rs.Draft202012Validator, value: Mapping[str, Any]
) -> Iterable[jsonschema_rs.ValidationError]:
    if not _is_large(value):
        return schema.iter_errors(value)
    try:
        schema.validate(value)
    except jsonschema_rs.ValidationError as error:
        return [error]
    return []


def _is_large(value: Mapping[str, Any]) -> bool:
    waiting: list[Any] = [value]
    parts = 0
    while waiting and parts <= _MAX_PARTS:
        container = waiting.pop()
        parts += len(container)
        inner = container.values() if isinstance(container, dict) else container
        waiting += [each for each in inner if isinstance(each, dict | list)]
    return parts > _MAX_PARTS


def _nearest(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    for _ in range(_MAX_NESTED):
        branches = [branch for branch in getattr(error.kind, "context", ()) if branch]
        if not branches:
            return error
        error = min(branches, key=_distance)[0]
    return error


def _distance(branch: Sequence[jsonschema_rs.ValidationError]) -> tuple[bool, bool, int]:
    """An alternative for another type of value or of object is farther away than one with many faults."""
    names = {error.kind.name for error in branch}
    other = any(error.instance_path[-1:] == ["source_name"] for error in branch)
    return "type" in names, other, len(branch)


def _telling(error: jsonschema_rs.ValidationError) -> tuple[int, int]:
    name = error.kind.name
    return _TELLING.index(name) if name in _TELLING else len(_TELLING), len(error.instance_path)


def _where(error: jsonschema_rs.ValidationError) -> str:
    path = ""
    for step in error.instance_path[:10]:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
    return printable(path, 120)


def _shown(error: jsonschema_rs.ValidationError) -> object:
    return "" if isinstance(error.instance, dict | list) else error.instance


def _message(error: jsonschema_rs.ValidationError) -> str:
    kind = error.kind
    match kind.name:
        case "required":
            return f"`{printable(str(kind.as_dict()['property']))}` is missing"
        case "minItems":
            return "a list must not be empty"
        case "minProperties":
            return "an object must not be empty"
        case "pattern":
            return _pattern_message(error)
        case "additionalProperties":
            names = ", ".join(str(name) for name in kind.as_dict()["unexpected"][:5])
            return f"not allowed here, or not a valid name: {printable(names)}"
        case "not":
            return _not_message(error)
        case "oneOf" | "anyOf":
            return "properties stand together that exclude each other, or a needed one is missing"
    return printable(error.message, 200)


def _pattern_message(error: jsonschema_rs.ValidationError) -> str:
    wanted = str(error.kind.as_dict()["pattern"])
    if "[0-9a-fA-F]{8}-" in wanted:
        return "not an identifier (type--UUID of RFC 4122)"
    if "T([01][0-9]|2[0-3])" in wanted:
        return "not a timestamp like 2026-11-22T20:31:00.000Z"
    if "\\d{3,}Z$" in wanted:
        return "a timestamp must have milliseconds here"
    return f"does not match {wanted}" if len(wanted) <= 80 else "has not the form that the standard asks for"


def _not_message(error: jsonschema_rs.ValidationError) -> str:
    denied = error.kind.as_dict().get("schema")
    if "phone_numbers" in str(denied):
        return _RESERVED_NAMES
    names = denied.get("required") if isinstance(denied, dict) else None
    return f"`{names[0]}` must not stand beside the others" if names else "this value is not allowed here"
