"""MISP events made complete before they are converted, so that the same event always gives the same objects.

A converter that misses a UUID or a time makes one up, at random or from the clock. Here each is derived instead:
a UUID from the event and the record's own content, a time from the record it belongs to. Values that STIX wants in
full (URLs without a scheme, `HKLM`) are spelled out.
Source: MISP core format (draft-dulaunoy-misp-core-format), sections 2.2 to 2.6.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec

from backchannel.core.text import printable

MAX_RECORDS = 100_000
"""Most records (attributes, objects, clusters, ...) of one event that are converted."""

MAX_NOTES = 20

Record = dict[str, Any]

_NAMESPACE = UUID("c6d3c1b0-6a0b-5b43-9a7e-6a4d9b3f2b11")
"""Of no node: two nodes that read one event make the same ids, as they would from its own UUIDs."""

_SHARED = frozenset({"Galaxy", "GalaxyCluster"})
"""Records that many events have in common: their UUID depends on what they are and not on the event."""
_TIMED = frozenset({"Attribute", "Object", "EventReport", "ObjectReference"})
_DATED = frozenset({"Note", "Opinion"})
_KINDS = _SHARED | _TIMED | _DATED | {"Sighting", "Relationship"}
_LATEST = 4_102_444_800  # the year 2100: what is later is a mistake or an attack on somebody's date arithmetic

_HIVES = {
    "HKCR": "HKEY_CLASSES_ROOT",
    "HKCU": "HKEY_CURRENT_USER",
    "HKLM": "HKEY_LOCAL_MACHINE",
    "HKU": "HKEY_USERS",
    "HKCC": "HKEY_CURRENT_CONFIG",
}
_HIVE = re.compile(r"(HKCR|HKCU|HKLM|HKU|HKCC)(?=\\|$)", re.IGNORECASE)

_encode = msgspec.json.Encoder(order="sorted").encode


def complete(event: Record) -> list[str]:
    """Give an event and each of its records the UUID and the time that it lacks, and spell out abbreviated values.

    Changes the event. Returns a sentence for each value that was spelled out, at most `MAX_NOTES`.

    Raises:
        ValueError: it has more than `MAX_RECORDS` records, or no time at all.
    """
    time = _event_time(event)
    event["timestamp"] = time
    if not is_uuid(event.get("uuid")):
        event["uuid"] = str(uuid5(_NAMESPACE, _encode(event).hex()))
    organisation = event.get("Orgc")
    if isinstance(organisation, dict) and organisation.get("name") and not is_uuid(organisation.get("uuid")):
        organisation["uuid"] = str(uuid5(_NAMESPACE, f"organisation:{organisation['name']}"))
    seen: set[str] = set()
    notes: list[str] = []
    for count, (kind, record, owner_time) in enumerate(_records(event, time)):
        if count >= MAX_RECORDS:
            raise ValueError(f"it has more than {MAX_RECORDS} records")
        _complete_record(kind, record, owner_time, str(event["uuid"]), seen)
        record.pop("data", None)  # a file's content: payloads are not taken, and the converter would unpack it
        if kind == "Attribute" and _spell_out(record) and len(notes) < MAX_NOTES:
            notes.append(f"read as {printable(record['value'], 120)}: {record['type']} {record['uuid']}")
    return notes


def is_uuid(value: object) -> bool:
    """Whether a value is a UUID in the only spelling that STIX allows."""
    try:
        return isinstance(value, str) and str(UUID(value)) == value.lower()
    except ValueError:
        return False


def _records(event: Record, time: str) -> Iterator[tuple[str, Record, str]]:
    """Every record within an event, with its kind and the time of what it belongs to."""
    stack: list[tuple[Record, str]] = [(event, time)]
    while stack:
        owner, owner_time = stack.pop()
        for kind, value in owner.items():
            if kind in _KINDS:
                for record in value if isinstance(value, list) else [value]:
                    if isinstance(record, dict):
                        yield kind, record, owner_time
                        stack.append((record, _seconds(record.get("timestamp")) or owner_time))


def _complete_record(kind: str, record: Record, time: str, event: str, seen: set[str]) -> None:
    if not is_uuid(record.get("uuid")):
        record["uuid"] = _derived(kind, record, "" if kind in _SHARED else event, seen)
    if kind in _TIMED and not _seconds(record.get("timestamp")):
        record["timestamp"] = time
    elif kind == "Sighting" and not _seconds(record.get("date_sighting")):
        record["date_sighting"] = time
    elif kind in _DATED:
        moment = datetime.fromtimestamp(int(time), UTC).strftime("%Y-%m-%d %H:%M:%S")
        for name in ("created", "modified"):
            if not record.get(name):
                record[name] = moment


def _spell_out(attribute: Record) -> bool:
    """Write a URL with its scheme and a registry key with its whole hive, as STIX wants both."""
    value = attribute.get("value")
    if not isinstance(value, str):
        return False
    if attribute.get("type") in {"url", "uri"} and "://" not in value:
        attribute["value"] = f"http://{value.lstrip('/')}"
    elif str(attribute.get("type")).startswith("regkey") and (hive := _HIVE.match(value)) is not None:
        attribute["value"] = _HIVES[hive[1].upper()] + value[hive.end(1) :]
    return bool(attribute["value"] != value)


def _derived(kind: str, record: Record, event: str, seen: set[str]) -> str:
    """A UUID from what a record says of itself; a second record that says the same gets another."""
    if kind in _SHARED:
        said: Any = [record.get("type"), record.get("value") or record.get("name")]
    else:
        said = {name: value for name, value in record.items() if not isinstance(value, dict | list)}
    text = _encode([event, kind, said]).decode()
    made = str(uuid5(_NAMESPACE, text))
    while kind not in _SHARED and made in seen:
        made = str(uuid5(_NAMESPACE, made + text))
    seen.add(made)
    return made


def _event_time(event: Record) -> str:
    found = _seconds(event.get("timestamp")) or _seconds(event.get("publish_timestamp"))
    if found:
        return found
    date = event.get("date")
    try:
        return str(int(datetime.fromisoformat(str(date)[:10]).replace(tzinfo=UTC).timestamp()))
    except ValueError:
        raise ValueError("it has neither a timestamp nor a date") from None


def _seconds(value: object) -> str:
    """A time in seconds as MISP writes it, or the empty string."""
    text = str(value) if isinstance(value, str | int) else ""
    return text if text.isascii() and text.isdigit() and len(text) <= 10 and 0 < int(text) < _LATEST else ""
