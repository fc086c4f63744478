"""A small case file: one threat, an indicator tied to it, and one that must stay."""

import json
from pathlib import Path

TERMS = '[scope]\nthreats = ["Glasswing"]\n'


def stix(kind: str, number: int, **properties: object) -> dict[str, object]:
    """An object with a time and an id made from a number."""
    time = "2026-10-05T08:00:00.000Z"
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{number:08d}-1c57-4f0e-9d8b-2c1b7d3e4a01",
        "created": time,
        "modified": time,
        **properties,
    }


def indicator(number: int, pattern: str, **properties: object) -> dict[str, object]:
    """An indicator on a pattern."""
    given = {"pattern": pattern, "pattern_type": "stix", "valid_from": "2026-10-05T08:00:00Z"}
    return stix("indicator", number, indicator_types=["malicious-activity"], **given, **properties)


MALWARE = stix("malware", 1, name="Glasswing", is_family=True)
KNOWN = indicator(2, "[domain-name:value = 'updates.glasswing.example']", name="Glasswing download server")
LINK = stix("relationship", 3, relationship_type="indicates", source_ref=KNOWN["id"], target_ref=MALWARE["id"])
RED = indicator(
    4,
    "[domain-name:value = 'quiet.glasswing.example']",
    object_marking_refs=["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"],
)


def write_bundle(path: Path, *objects: dict[str, object]) -> Path:
    """A bundle file."""
    path.write_text(json.dumps({"type": "bundle", "id": f"bundle--{MALWARE['id'][9:]}", "objects": objects}))  # type: ignore[index]
    return path
