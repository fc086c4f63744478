"""A small world for the tests of vetting: one agreement, made-up objects, and what is known around them."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from backchannel.core.canonical import Observable
from backchannel.core.incoming import Incoming, KnownFrom, Vetted, VettingContext
from backchannel.core.marking import TLP_2
from backchannel.core.mention import term_key
from backchannel.core.poison import Assets, Poison, judge
from backchannel.core.stix import StixObject, decode
from backchannel.core.terms import Handling, Parties, Scope, Terms
from backchannel.core.vetting import vet

THEM, US, THIRD = "1" * 64, "2" * 64, "3" * 64
THEIR_IDENTITY = "identity--00000000-0000-4000-8000-00000000000a"
OUR_IDENTITY = "identity--00000000-0000-4000-8000-00000000000b"
NOW = datetime(2026, 12, 1, tzinfo=UTC)
MARK = {level: identifier for identifier, level in TLP_2.items()}
TYPES = ("indicator", "malware", "infrastructure", "relationship", "sighting", "report", "identity", "domain-name")


def make_id(kind: str, name: str) -> str:
    """A stable id for a name."""
    return f"{kind}--{uuid.uuid5(uuid.NAMESPACE_OID, name)}"


def stix(kind: str, seed: str, /, **properties: Any) -> StixObject:
    """An object of a type with the common properties; `None` takes a property away."""
    value: dict[str, Any] = {
        "type": kind,
        "spec_version": "2.1",
        "id": make_id(kind, seed),
        "created": "2026-06-01T00:00:00.000Z",
        "modified": "2026-06-01T00:00:00.000Z",
        **properties,
    }
    return decode(msgspec.json.encode({key: inner for key, inner in value.items() if inner is not None}))


def threat(name: str = "Predator", /, **properties: Any) -> StixObject:
    return stix("malware", name, name=name, is_family=True, **properties)


def indicator(host: str = "evil.example", **properties: Any) -> StixObject:
    default = {
        "pattern": f"[domain-name:value = '{host}']",
        "pattern_type": "stix",
        "valid_from": "2026-06-01T00:00:00Z",
    }
    return stix("indicator", host, **{**default, **properties})


def link(source: StixObject | str, target: StixObject | str, **properties: Any) -> StixObject:
    start, end = (one if isinstance(one, str) else one.id for one in (source, target))
    return stix(
        "relationship",
        f"{start} {end}",
        **{"relationship_type": "indicates", "source_ref": start, "target_ref": end, **properties},
    )


def story(host: str = "evil.example") -> list[StixObject]:
    """A threat, one indicator of it, and the relationship between them: nothing to object to."""
    malware, one = threat(), indicator(host)
    return [malware, one, link(one, malware)]


def incoming(objects: Sequence[StixObject], tlp: str = "amber") -> list[Incoming]:
    return [Incoming(one, tlp) for one in objects]


def terms(**scope: Any) -> Terms:
    return Terms(
        title="Watch",
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        valid_until=datetime(2027, 1, 1, tzinfo=UTC),
        parties=Parties(THEM, US),
        scope=Scope(**{"threats": ("Predator",), "types": TYPES, **scope}),
        handling=Handling(tlp_max="amber"),
    )


class Rule(msgspec.Struct, frozen=True):
    party: str | None = None
    type: str | None = None
    tlp_max: str | None = None


EVERYTHING = (Rule(),)


def harmless(_kind: str, _value: str) -> Poison | None:
    return None


def poisoned_by(own: Assets, popular: str = "") -> Any:
    def poison(kind: str, value: str) -> Poison | None:
        return judge(Observable(kind, value), own, lambda _kind, found: "a list" if found == popular else None)

    return poison


def nothing_wrong(_value: Mapping[str, Any]) -> list[Any]:
    return []


def held(one: StixObject, source: str, *, own: bool = False) -> dict[str, list[KnownFrom]]:
    return {one.id: [KnownFrom(source, own, one.version, one.version, {one.version: one.digest})]}


def context(**changes: Any) -> VettingContext:
    plain: dict[str, Any] = {
        "terms": terms(),
        "now": NOW,
        "sender": THEM,
        "identities": (THEIR_IDENTITY, OUR_IDENTITY),
        "threat_names": frozenset({term_key("Predator")}),
        "validate": nothing_wrong,
        "poison": harmless,
        "quota_left": 1_000,
        "rules": EVERYTHING,
    }
    return VettingContext(**{**plain, **changes})


def vetted(objects: Sequence[StixObject], tlp: str = "amber", **changes: Any) -> list[Vetted]:
    return vet(incoming(objects, tlp), context(**changes))


def rules_of(one: Vetted) -> set[str]:
    """The rules of all findings."""
    return {finding.rule for finding in one.findings}


def refusing(one: Vetted) -> set[str]:
    """The rules that refused an object."""
    return {rule for rule, _ in one.refusals}
