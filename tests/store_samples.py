"""Small STIX objects and records for the tests of the store."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import msgspec

from backchannel.core.stix import StixObject, decode
from backchannel.flow.ports import AgreementRow, NewObject, Party, Transaction
from backchannel.store.database import Database

NOW = datetime(2026, 11, 22, 20, 31, tzinfo=UTC)
US = "a" * 64
THEM = "b" * 64
OTHERS = "c" * 64
AGREEMENT = "d" * 64
ENVELOPE = "e" * 64
FIRST = "2026-01-01T00:00:00.000Z"


def named_id(type_: str, name: str) -> str:
    return f"{type_}--{uuid5(NAMESPACE_DNS, name)}"


def stix(type_: str, label: str, /, **properties: Any) -> StixObject:
    """An object whose id and name follow from its type and label; a property given as None is left out."""
    value = {
        "type": type_,
        "spec_version": "2.1",
        "id": named_id(type_, label),
        "created": FIRST,
        "modified": FIRST,
        "name": label,
    }
    value |= properties
    return decode(msgspec.json.encode({key: item for key, item in value.items() if item is not None}))


def indicator(domain: str, **properties: Any) -> StixObject:
    pattern = f"[domain-name:value = '{domain}']"
    kinds = {"pattern": pattern, "pattern_type": "stix", "valid_from": FIRST}
    return stix("indicator", domain, **kinds | properties)


def relationship(source: StixObject, target: StixObject) -> StixObject:
    ends = {"source_ref": source.id, "target_ref": target.id, "relationship_type": "indicates"}
    return stix("relationship", source.id + target.id, **{"name": None} | ends)


def definition(name: str, level: str) -> StixObject:
    """A marking definition of one's own under which a TLP level hides."""
    tlp = {"definition_type": "tlp", "definition": {"tlp": level}}
    return stix("marking-definition", name, **{"modified": None, "name": None} | tlp)


def new(*objects: StixObject, **facts: Any) -> list[NewObject]:
    return [NewObject.of(one, **facts) for one in objects]


def party(key: str = THEM, name: str = "Vendor Research", **facts: Any) -> Party:
    given = {"card": b"{}", "carrier": "folder:drop", "verified": False, "added_at": NOW}
    return Party(key=key, name=name, **given | facts)


def agreement(identifier: str = AGREEMENT, **facts: Any) -> AgreementRow:
    given = {
        "version": identifier,
        "party": THEM,
        "state": "proposed",
        "title": "Joint watch",
        "terms": b"{}",
        "proposed_by_us": True,
        "signatures": b"[]",
        "updated_at": NOW,
    }
    return AgreementRow(id=identifier, **given | facts)


def steps(db: Database, action: Callable[[Transaction], object]) -> int:
    """How many thousands of instructions SQLite runs for something that is then undone."""
    ticks = 0

    def tick() -> int:
        nonlocal ticks
        ticks += 1
        return 0

    with suppress(Undone), db.write() as tx:
        tx.retention._connection.connection.driver_connection.set_progress_handler(tick, 1_000)
        action(tx)
        raise Undone
    return ticks


class Undone(Exception):
    """Nothing is kept."""
