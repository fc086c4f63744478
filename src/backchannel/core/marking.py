"""Marks: how far an object may travel, as TLP levels, and the words of IEP.

Rules: the strictest mark of an object counts, whether it marks the whole object or a part. Where the object
as a whole has no TLP mark, the node's default applies to it. What cannot be understood is read as the
strictest level.
Sources: STIX 2.1 section 7.2; TLP 2.0 (FIRST, 2022) and its STIX extension (OASIS CTI common objects); FIRST
IEP 2.0.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

Definitions = Mapping[str, Mapping[str, Any]]
"""Marking definitions that are held, decoded, by id."""

LEVELS = ("clear", "green", "amber", "amber+strict", "red")
"""TLP 2.0 from weakest to strictest."""

STRICTEST = LEVELS[-1]

PAP_LEVELS = ("clear", "green", "amber", "red")
"""The Permissible Actions Protocol, from everything to what cannot be noticed."""

TLP_1 = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "clear",
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
}
"""The definitions of TLP 1, fixed by STIX 2.1 section 7.2.1.4."""

TLP_2 = {
    "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": "clear",
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": "green",
    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": "amber",
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": "amber+strict",
    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": "red",
}
"""The definitions of TLP 2.0, fixed by the OASIS extension for it."""

WELL_KNOWN: Mapping[str, str] = {**TLP_1, **TLP_2}
"""Marking definitions that everybody holds, and their levels."""

TLP_2_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

PERMITTED_ACTIONS = (
    "none",
    "contact-for-instruction",
    "internally-visible-actions",
    "externally-visible-indirect-actions",
    "externally-visible-direct-actions",
)
"""IEP 2.0 permitted actions, from nothing to everything."""

ATTRIBUTIONS = ("must-not", "may", "must")
"""IEP 2.0 provider attribution."""

_RANK = {level: rank for rank, level in enumerate(LEVELS)}
LEVEL_IDS: Mapping[str, str] = {level: identifier for identifier, level in TLP_2.items()}
"""The TLP 2.0 definition of each level."""


def rank(level: str) -> int:
    """How strict a level is: 0 for clear to 4 for red. Anything else counts as red."""
    return _RANK.get(level, len(LEVELS) - 1)


def parse_level(text: str) -> str:
    """A level from the way people write it: `TLP:AMBER+STRICT`, `amber`, `White`.

    Raises:
        ValueError: no level of TLP 1 or 2.0.
    """
    level = text.strip().lower().removeprefix("tlp:").strip().replace("-", "+")
    level = {"white": "clear", "amber_strict": "amber+strict"}.get(level, level)
    if level not in _RANK:
        raise ValueError(f"{text[:40]!r} is not a TLP level: {', '.join(LEVELS)}")
    return level


def label(level: str) -> str:
    """A level as it is shown: `TLP:AMBER+STRICT`."""
    return f"TLP:{level.upper()}"


def strictest(*levels: str) -> str:
    """The strictest of some levels."""
    return LEVELS[max(map(rank, levels))]


def level_of(definition: Mapping[str, Any]) -> str | None:
    """The TLP level that a marking definition stands for; None for definitions that are not about TLP.

    A definition that claims to be about TLP and says something unknown stands for red. A statement or name
    that is a TLP label counts as one, since several tools write TLP that way.
    """
    known = WELL_KNOWN.get(str(definition.get("id")))
    if known is not None:
        return known
    claims = [_level(claim) for claim in _claims(definition)]
    return strictest(*claims) if claims else None


def effective(value: Mapping[str, Any], default: str, definitions: Definitions) -> str:
    """The level that counts for an object: the strictest of its own marks, or `default` where the whole has
    none.

    A mark that is neither well-known nor in `definitions`, or that cannot be read, counts as red.
    """
    whole = [_resolve(ref, definitions) for ref in _whole_refs(value)]
    parts = [_resolve(ref, definitions) for ref in _part_refs(value)]
    levels = [level for level in whole if level is not None] or [default]
    return strictest(*levels, *(level for level in parts if level is not None))


def marking_refs(value: Mapping[str, Any]) -> tuple[str, ...]:
    """Every marking definition that an object names for itself or its parts, each once."""
    refs = (*_whole_refs(value), *_part_refs(value))
    return tuple(dict.fromkeys(ref for ref in refs if isinstance(ref, str)))


def definition_for(level: str) -> bytes:
    """The TLP 2.0 marking definition object of a level, as published."""
    marking = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": LEVEL_IDS[level],
        "created": "2022-10-01T00:00:00.000Z",
        "name": label(level),
        "extensions": {TLP_2_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": level}},
    }
    return msgspec.json.encode(marking)


def _claims(definition: Mapping[str, Any]) -> Iterator[Any]:
    """Everything in a definition that says a TLP level."""
    inner = definition.get("definition")
    fields = inner if isinstance(inner, Mapping) else {}
    if definition.get("definition_type") == "tlp" or "tlp" in fields:
        yield fields.get("tlp")
    extensions = definition.get("extensions")
    if isinstance(extensions, Mapping) and TLP_2_EXTENSION in extensions:
        extension = extensions[TLP_2_EXTENSION]
        yield extension.get("tlp_2_0") if isinstance(extension, Mapping) else None
    for text in (fields.get("statement"), definition.get("name")):
        if isinstance(text, str) and text.strip().lower().startswith("tlp:"):
            yield text


def _level(claim: Any) -> str:
    try:
        return parse_level(claim) if isinstance(claim, str) else STRICTEST
    except ValueError:
        return STRICTEST


def _whole_refs(value: Mapping[str, Any]) -> list[Any]:
    refs = value.get("object_marking_refs", [])
    return refs if isinstance(refs, list) else [None]


def _part_refs(value: Mapping[str, Any]) -> list[Any]:
    markings = value.get("granular_markings", [])
    if not isinstance(markings, list):
        return [None]
    return [_part_ref(marking) for marking in markings if not _is_language(marking)]


def _part_ref(marking: Any) -> Any:
    return marking.get("marking_ref") if isinstance(marking, Mapping) else None


def _is_language(marking: Any) -> bool:
    return isinstance(marking, Mapping) and "marking_ref" not in marking and "lang" in marking


def _resolve(ref: Any, definitions: Definitions) -> str | None:
    if not isinstance(ref, str):
        return STRICTEST
    if ref in WELL_KNOWN:
        return WELL_KNOWN[ref]
    definition = definitions.get(ref)
    return STRICTEST if definition is None else level_of(definition)
