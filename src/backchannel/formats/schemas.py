"""The validator of STIX 2.1 objects: the JSON schemas of OASIS, compiled, and then the rules they cannot say.

Rules: the schemas are those that the package stix2-validator ships, found without importing it. A type
without a schema is judged as a custom object or, if it has neither `created` nor `modified`, as a custom
observable. Each is compiled, which takes milliseconds, when a `Stix21Validator` first needs it: make one and keep it. Regular expressions run in an engine without backtracking, so no text can make them slow.
Where the schemas contradict the specification they are corrected (`_correct`), each time with the section.
Source: STIX 2.1 (OASIS standard, 10 June 2021); github.com/oasis-open/cti-stix2-json-schemas.
"""

import csv
import importlib.util
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs

from backchannel.core import conformance
from backchannel.core.conformance import Finding
from backchannel.errors import BackchannelError
from backchannel.formats.stix_plain_schema import plain_schema, without_name_check
from backchannel.formats.stix_schema_errors import schema_findings

_PACKAGE = "stix2validator"
_SCHEMAS = Path("schemas-2.1", "schemas")
_CHARACTER_SETS = Path("v21", "assets", "charsets.csv")
_OBJECTS = ("sdos", "sros", "observables")
_META = ("extension-definition", "language-content", "marking-definition")
_ANY_BUT_NULL = ["array", "boolean", "integer", "number", "object", "string"]
_CUSTOM_OBJECT = "core"
_CUSTOM_OBSERVABLE = "cyber-observable-core"


class Compiled(NamedTuple):
    """The schemas of one type: `whole` as OASIS says it, `plain` for the common case (None for custom types)."""

    whole: jsonschema_rs.Draft202012Validator
    plain: jsonschema_rs.Draft202012Validator | None = None


class Stix21Validator:
    """Judges decoded objects against STIX 2.1; implements `flow.ports.Validator`. Keep one."""

    def __call__(self, value: Mapping[str, Any]) -> list[Finding]:
        """Everything found, violations of the schema first; an empty list for a sound object.

        Raises:
            BackchannelError: the schemas are not installed.
        """
        compiled = self.compiled(value)
        if compiled.plain is not None and compiled.plain.is_valid(value):
            return conformance.check_rest(value["type"], value, character_sets=self.character_sets)
        found = conformance.check(value, character_sets=self.character_sets)
        return found if compiled.whole.is_valid(value) else schema_findings(compiled.whole, value) + found

    def compiled(self, value: Mapping[str, Any]) -> Compiled:
        """The schemas that an object of this type is judged by."""
        name = self._schema_of(value)
        found = self._compiled.get(name)
        if found is None:
            found = self._compiled[name] = self._schemas.compile(name)
        return found

    def _schema_of(self, value: Mapping[str, Any]) -> str:
        kind = value.get("type")
        if isinstance(kind, str) and kind in self._schemas.types:
            return kind
        return _CUSTOM_OBSERVABLE if "created" not in value and "modified" not in value else _CUSTOM_OBJECT

    @cached_property
    def _schemas(self) -> "_Schemas":
        return _Schemas(_package() / _SCHEMAS)

    @cached_property
    def _compiled(self) -> dict[str, Compiled]:
        return {}

    @cached_property
    def character_sets(self) -> frozenset[str]:
        """IANA's names of character sets, the preferred one where there is one."""
        with (_package() / _CHARACTER_SETS).open(encoding="utf-8", newline="") as file:
            return frozenset(row["Preferred MIME Name"] or row["Name"] for row in csv.DictReader(file))


def _package() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise BackchannelError("the OASIS schemas are not installed: the package stix2-validator is missing")
    return Path(spec.submodule_search_locations[0])


class _Schemas:
    """The OASIS schemas by type, corrected; each is compiled when it is first asked for, which takes milliseconds."""

    def __init__(self, folder: Path) -> None:
        self._schemas: dict[str, dict[str, Any]] = {}
        self._places: dict[str, str] = {}
        for path in folder.glob("*/*.json"):
            self._schemas[path.stem], self._places[path.stem] = json.loads(path.read_bytes()), path.parent.name
            _correct(path.stem, self._schemas[path.stem])
        loose = {
            name: without_name_check(schema) if name in {_CUSTOM_OBJECT, _CUSTOM_OBSERVABLE} else schema
            for name, schema in self._schemas.items()
        }
        self._whole, self._plain = _registry(self._schemas), _registry(loose)

        self.types = {name for name, place in self._places.items() if place in _OBJECTS}.union(_META)
        """The types that OASIS has a schema for."""

    def compile(self, name: str) -> Compiled:
        """The validators of a type, or of a custom object or observable."""
        whole = _compiled({"$ref": self._schemas[name]["$id"]}, self._whole)
        if self._places[name] not in _OBJECTS:
            return Compiled(whole)
        return Compiled(whole, _compiled(plain_schema(name, self._schemas), self._plain))


def _registry(schemas: Mapping[str, Any]) -> jsonschema_rs.Registry:
    return jsonschema_rs.Registry(
        [(schema["$id"], schema) for schema in schemas.values()], draft=jsonschema_rs.Draft202012
    )


def _compiled(schema: dict[str, Any], registry: jsonschema_rs.Registry) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        schema, registry=registry, validate_formats=True, pattern_options=jsonschema_rs.RegexOptions()
    )


def _correct(name: str, schema: dict[str, Any]) -> None:
    if name == "granular-marking":
        # Section 7.2.3.1: either `marking_ref` or `lang`; `core.conformance` sees that it is one of the two.
        schema["required"] = ["selectors"]
    for rule in schema.get("patternProperties", {}).values():
        # "any of these six types, lists not empty": the same in one step, for speed and for a plain message.
        types = [choice.get("type") for choice in rule.get("anyOf", [])]
        if sorted(types, key=str) == _ANY_BUT_NULL:
            del rule["anyOf"]
            rule |= {"type": types, "minItems": 1}
