"""A schema for the common case: an object that it accepts needs no other schema and few other rules.

Rules: it may refuse what is valid, which then goes the long way, but never accept what is not. It is the OASIS
schema of a type with three changes. The names of properties are looked up instead of matched: known ones, and custom
ones that begin with `x_`. Properties with inner rules of their own (extensions, granular markings, languages) are
left to the long way. And it says what `core.conformance.check` would find at times and references, so
that only `check_rest` remains.
"""

from collections.abc import Mapping
from typing import Any

from backchannel.core import stix_rules

_LONG_WAY = frozenset({"body_multipart", "extensions", "granular_markings", "lang", "objects", "x509_v3_extensions"})
_ANY = {"type": ["string", "array", "integer", "boolean", "number", "object"], "minItems": 1}
_REAL_TIME = {"allOf": [_ANY, {"format": "date-time", "pattern": "T[0-9:]{6}[0-5][0-9]"}]}
# Not ending in `bin` or `hex`, spelt out because the engine has no look-around: those have rules on their values.
_CUSTOM_NAME = "^x_[a-z0-9_]*(?:[a-mo-wyz0-9_]|[a-hj-z0-9_]n|[a-df-z0-9_]x|[ac-z0-9_]in|[a-gi-z0-9_]ex)$"


def plain_schema(name: str, schemas: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The schema of the common case for the type whose OASIS schema is `schemas[name]`."""
    tight = {each: _tight(each, name) for each in _property_names(name, schemas)}
    return {
        "allOf": [{"$ref": schemas[name]["$id"]}],
        "properties": tight,
        "patternProperties": {_CUSTOM_NAME: _ANY},
        "additionalProperties": False,
    }


def without_name_check(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A core schema that leaves the names of properties to `plain_schema`."""
    return {keyword: content for keyword, content in schema.items() if keyword != "allOf"}


def _property_names(name: str, schemas: Mapping[str, Mapping[str, Any]]) -> set[str]:
    names: set[str] = set()
    waiting: list[Mapping[str, Any]] = [schemas[name]]
    while waiting:
        schema = waiting.pop()
        names |= schema.get("properties", {}).keys()
        for part in schema.get("allOf", []):
            core = str(part.get("$ref", "")).rpartition("/")[2].removesuffix(".json")
            waiting.append(schemas[core] if core in {"core", "cyber-observable-core"} else part)
    return {each for each in names - _LONG_WAY if not each.endswith(("_bin", "_hex"))}


def _tight(name: str, kind: str) -> dict[str, Any]:
    if name in stix_rules.TIMES.get(kind, stix_rules.COMMON_TIMES):
        return _REAL_TIME
    prefixes = {**stix_rules.COMMON_REFERENCES, **stix_rules.REFERENCES.get(kind, {})}.get(name)
    if prefixes is None:
        return _ANY
    target = {"type": "string", "pattern": f"^(?:{'|'.join(prefixes)})"}
    return {"type": "array", "minItems": 1, "items": target} if name.endswith("_refs") else target
