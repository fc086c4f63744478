"""Small worlds of intelligence for tests: objects, their graph, and everything a release decision asks of a store."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import msgspec
from hypothesis import strategies as st

from backchannel.core.marking import WELL_KNOWN, effective
from backchannel.core.mention import MAX_WORDS, term_key
from backchannel.core.release import Bearer, Context, Decision, Subject, decide, settle
from backchannel.core.scope import reach
from backchannel.core.stix import StixObject, decode, targets
from backchannel.core.terms import Handling, Parties, Scope, Terms

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
US, THEM, THIRD = "a" * 64, "b" * 64, "c" * 64
OUR_IDENTITY = "identity--7e3f5b0a-0d54-4d6e-9b11-1f2f3a4b5c6d"
SECRET = b"a secret of this node, for tests"
TLP = {level: identifier for identifier, level in reversed(WELL_KNOWN.items())}
_NAMESPACE = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
_LITERAL = re.compile(r"'((?:[^'\\]|\\.)*)'")


def stix_id(kind: str, label: str) -> str:
    """A readable way to an id: the same label always gives the same one, of version 4 in form."""
    return f"{kind}--{UUID(bytes=uuid5(_NAMESPACE, f'{kind} {label}').bytes, version=4)}"


def stix(kind: str, label: str, **properties: Any) -> StixObject:
    """An object with the common properties and what its type needs, each of which can be given."""
    value: dict[str, Any] = {"type": kind, "spec_version": "2.1", "id": stix_id(kind, label)}
    if kind not in {"domain-name", "url", "file", "ipv4-addr", "artifact", "user-account"}:
        value |= {"created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-02T00:00:00.000Z"}
    if kind == "marking-definition":
        del value["modified"]
    defaults: dict[str, dict[str, Any]] = {
        "malware": {"name": label, "is_family": True},
        "indicator": {
            "pattern": f"[domain-name:value = '{label}.example']",
            "pattern_type": "stix",
            "valid_from": "2026-01-01T00:00:00Z",
        },
        "report": {"name": label, "published": "2026-01-03T00:00:00Z"},
        "note": {"content": label},
        "marking-definition": {"definition_type": "statement", "definition": {"statement": f"Owned by {label}"}},
        "relationship": {"relationship_type": "related-to"},
        "sighting": {},
        "domain-name": {"value": f"{label}.example"},
    }
    value |= defaults.get(kind, {"name": label})
    value |= properties
    return decode(msgspec.json.encode({name: inner for name, inner in value.items() if inner is not None}))


def link(
    source: StixObject, target: StixObject, verb: str = "related-to", label: str = "", **properties: Any
) -> StixObject:
    """A relationship between two objects."""
    label = f"{source.id} {verb} {target.id}{label}"
    return stix(
        "relationship", label, relationship_type=verb, source_ref=source.id, target_ref=target.id, **properties
    )


def terms(*threats: str, handling: Handling | None = None, **scope: Any) -> Terms:
    """Terms about these threats."""
    scope.setdefault(
        "types", ("malware", "indicator", "relationship", "report", "note", "domain-name", "sighting", "tool")
    )
    return Terms(
        title="Joint watch",
        valid_from=datetime(2026, 11, 1, tzinfo=UTC),
        valid_until=datetime(2027, 5, 1, tzinfo=UTC),
        parties=Parties(US, THEM),
        scope=Scope(threats=threats or ("Predator",), **scope),
        handling=handling or Handling(),
    )


class Bearers:
    """Who bears which name or value: `core.release.Lookup` over a dict."""

    def __init__(self, terms: Mapping[str, list[Bearer]]) -> None:
        self._terms = terms
        self._beginnings = {" ".join(key.split(" ")[:size]) for key in terms for size in range(1, MAX_WORDS + 1)}

    def __call__(self, keys: set[str]) -> dict[str, list[Bearer]]:
        return {key: self._terms[key] for key in keys if key in self._terms}

    def beginnings(self, runs: set[str]) -> set[str]:
        return runs & self._beginnings


class World:
    """What a node holds: its own objects and a third party's, with a default mark; `red` ids are TLP:RED."""

    def __init__(
        self,
        own: Iterable[StixObject],
        theirs: Iterable[StixObject] = (),
        *,
        default: str = "green",
        red: Iterable[str] = (),
        theirs_came_last: bool = False,
    ) -> None:
        self.own = list(own)
        self.theirs_came_last = theirs_came_last
        self.theirs = list(theirs)
        self.default = default
        self.red = frozenset(red)

    @property
    def objects(self) -> list[StixObject]:
        return [*self.own, *self.theirs]

    @cached_property
    def by_id(self) -> dict[str, StixObject]:
        return {one.id: one for one in self.objects}

    @cached_property
    def _edges(self) -> dict[str, set[str]]:
        return {one.id: targets(one) for one in self.objects}

    @cached_property
    def _referrers(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for who, wanted in self._edges.items():
            for target in wanted:
                found.setdefault(target, []).append(who)
        return found

    @cached_property
    def _terms(self) -> dict[str, list[Bearer]]:
        found: dict[str, list[Bearer]] = {}
        for number, one in enumerate(self.objects):
            for key, kind in borne(one.value):
                bearer = Bearer(
                    one.id, one.type, kind, self.seq(number), number < len(self.own), True, frozenset({one.version})
                )
                found.setdefault(key, []).append(bearer)
        return found

    def seq(self, number: int) -> int:
        """The number of the holding: what others sent came first, unless `theirs_came_last`."""
        return number if number < len(self.own) or self.theirs_came_last else number - len(self.objects)

    def reach(self, seeds: Iterable[str], depth: int) -> dict[str, int]:
        return reach(seeds, depth, self.edges_from, self.edges_to, self.types_of)

    def edges_from(self, ids: Collection[str]) -> Iterator[tuple[str, str, str]]:
        return ((one, self.by_id[one].type, target) for one in ids for target in self._edges.get(one, ()))

    def edges_to(self, ids: Collection[str]) -> Iterator[tuple[str, str, str]]:
        return ((who, self.by_id[who].type, one) for one in ids for who in self._referrers.get(one, ()))

    def types_of(self, ids: Collection[str]) -> dict[str, str]:
        return {one: self.by_id[one].type for one in ids if one in self.by_id}

    @cached_property
    def lookup(self) -> Bearers:
        return Bearers(self._terms)

    def seeds(self, agreed: Terms) -> list[str]:
        wanted = {term_key(threat) for threat in agreed.scope.threats} | set(agreed.scope.threats)
        kinds = {"malware", "intrusion-set", "tool", "campaign", "threat-actor"}
        return [
            one.id for one in self.objects if one.id in wanted or (one.type in kinds and term_key(one.name) in wanted)
        ]

    def subjects(self, agreed: Terms) -> list[Subject]:
        hops = self.reach(self.seeds(agreed), agreed.scope.depth)
        definitions = {one.id: one.value for one in self.objects if one.type == "marking-definition"}
        return [
            Subject(
                seq=self.seq(number),
                object=one,
                own=number < len(self.own),
                tlp="red" if one.id in self.red else effective(one.value, self.default, definitions),
                hops=hops.get(one.id),
            )
            for number, one in enumerate(self.objects)
        ]

    def decide(self, agreed: Terms, known: Context | None = None) -> list[Decision]:
        known = known or context()
        first = [decide(subject, agreed, known) for subject in self.subjects(agreed)]
        return settle(first, agreed, known, self.lookup)

    def sent(self, agreed: Terms, known: Context | None = None) -> dict[str, StixObject]:
        """What leaves, by the id it is held under."""
        return {one.id: one.sent for one in self.decide(agreed, known) if one.sent is not None}


def context(**known: Any) -> Context:
    """What is known around an agreement, with defaults."""
    defaults: dict[str, Any] = {
        "now": NOW,
        "them": THEM,
        "counterpart_name": "Vendor Research",
        "our_identity": OUR_IDENTITY,
        "secret": SECRET,
        "agreement": "d" * 64,
    }
    return Context(**(defaults | known))


def borne(value: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The term keys an object goes by, as a store would index them, with their kind."""
    name = term_key(str(value.get("name", "")))
    aliases = {term_key(one) for key in ("aliases", "x_mitre_aliases") for one in value.get(key, ())}
    values = {term_key(literal) for literal in _LITERAL.findall(value.get("pattern", ""))}
    values |= {term_key(str(value.get("value", "")))}
    found = {(name, "name"), *((one, "alias") for one in aliases - {name}), *((one, "value") for one in values)}
    return {(key, kind) for key, kind in found if key}


def load(*paths: Path) -> list[StixObject]:
    """The objects of bundles on disk, byte for byte."""

    class Bundle(msgspec.Struct):
        objects: list[msgspec.Raw]

    return [
        decode(bytes(raw)) for path in paths for raw in msgspec.json.decode(path.read_bytes(), type=Bundle).objects
    ]


def said(one: StixObject) -> str:
    """Everything an object says, as text."""
    return json.dumps(one.value, ensure_ascii=False)


# --- random worlds ---------------------------------------------------------------------------------------------

NAMES = ("Predator", "Pegasus", "Night Owl", "Owl", "Storm Petrel Gang", "Reign", "Gully")
KINDS = ("malware", "tool", "indicator", "identity", "domain-name", "attack-pattern")
TYPES = ("malware", "tool", "indicator", "identity", "domain-name", "relationship", "report", "note", "sighting")


@st.composite
def situations(draw: st.DrawFn) -> tuple[World, Terms, Context]:
    """A small world with text that mentions others, an agreement about it, and what has crossed before."""
    count = draw(st.integers(2, 6))
    drafts = [_draft(draw, number) for number in range(count)]
    makers = [None, *(stix_id(kind, label) for kind, label, _ in drafts if kind == "identity")]
    marks = [
        stix("marking-definition", f"statement {n}", created_by_ref=draw(st.sampled_from(makers)))
        for n in range(draw(st.integers(0, 2)))
    ]
    nodes = [stix(kind, label, **properties) for kind, label, properties in drafts]
    nodes = [_with_text(draw, node, nodes, marks) for node in nodes]
    objects = [*nodes, *_ties(draw, nodes, marks), *marks]
    theirs = {one.id for one in objects if draw(st.integers(0, 9)) == 0}
    world = World([one for one in objects if one.id not in theirs], [one for one in objects if one.id in theirs])
    crossed = {
        one.id: draw(st.sampled_from([one.id, stix_id(one.type, "sent before")]))
        for one in objects
        if draw(st.integers(0, 11)) == 0
    }
    agreed = terms(
        "Predator",
        types=tuple(kind for kind in TYPES if draw(st.integers(0, 9))) or ("malware",),
        depth=draw(st.integers(1, 3)),
        exclude_properties=draw(st.sampled_from([(), (), ("x_*",), ("created_by_ref",)])),
        may_name=draw(st.sampled_from([(), (), ("tool",)])),
    )
    quota = draw(st.sampled_from([None, None, None, 2, 5]))
    versions = {one: world.by_id[one].version for one in crossed}
    return world, agreed, context(crossed=crossed, crossed_versions=versions, quota_left=quota)


def _draft(draw: st.DrawFn, number: int) -> tuple[str, str, dict[str, Any]]:
    kind = "malware" if number == 0 else draw(st.sampled_from(KINDS))
    label = f"{kind}{number}"
    name = "Predator" if number == 0 else draw(st.sampled_from(NAMES[1:]))
    if kind in {"indicator", "domain-name"}:
        host = f"{draw(st.sampled_from(['alpha', 'beta', 'gamma']))}.example"
        value = {"value": host} if kind == "domain-name" else {"pattern": f"[domain-name:value = '{host}']"}
        return kind, label, value
    properties: dict[str, Any] = {"name": name}
    if kind == "malware":
        properties["is_family"] = draw(st.booleans())
    if kind in {"malware", "tool"} and draw(st.booleans()):
        properties["aliases"] = [draw(st.sampled_from(NAMES))]
    return kind, label, properties


def _with_text(draw: st.DrawFn, node: StixObject, nodes: list[StixObject], marks: list[StixObject]) -> StixObject:
    value = dict(node.value)
    if node.type != "domain-name":
        value |= _optional(draw, nodes)
        makers = [one.id for one in nodes if one.type == "identity" and one.id != node.id]
        if makers and draw(st.booleans()):
            value["created_by_ref"] = draw(st.sampled_from(makers))
    return decode(msgspec.json.encode(value | _marks(draw, value, marks)))


def _optional(draw: st.DrawFn, nodes: list[StixObject]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("description", "x_note", "revoked"):
        if draw(st.integers(0, 3)) == 0:
            found[name] = True if name == "revoked" else _saying(draw, draw(st.sampled_from(nodes)))
    return found


def _saying(draw: st.DrawFn, other: StixObject) -> str:
    """A text that mentions another object in one of the ways that people do."""
    value = other.value.get("value") or "".join(_LITERAL.findall(other.value.get("pattern", ""))) or other.name
    aliases = other.value.get("aliases", [other.name])
    mention = draw(
        st.sampled_from(
            [value, aliases[0], other.id, other.id.partition("--")[2].upper(), value.replace(".", "[.]"), "nothing"]
        )
    )
    return draw(st.sampled_from(["Seen with {}.", "{}", "https://site.example/{}/x", "({}),{}"])).replace(
        "{}", mention
    )


def _marks(draw: st.DrawFn, value: dict[str, Any], marks: list[StixObject]) -> dict[str, Any]:
    level = draw(st.sampled_from([None, None, None, "green", "amber", "red"]))
    refs = [TLP[level]] if level else []
    refs += [one.id for one in marks if draw(st.integers(0, 3)) == 0]
    found: dict[str, Any] = {"object_marking_refs": refs} if refs else {}
    if "description" in value and draw(st.integers(0, 3)) == 0:
        mark = draw(st.sampled_from([TLP["amber"], TLP["red"], *(one.id for one in marks)]))
        found["granular_markings"] = [{"marking_ref": mark, "selectors": ["description"]}]
    return found


def _ties(draw: st.DrawFn, nodes: list[StixObject], marks: list[StixObject]) -> Iterator[StixObject]:
    linkable = [one for one in nodes if one.type != "domain-name"]
    first = nodes[0]
    for number in range(draw(st.integers(1, 6))):
        some = draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=3, unique_by=lambda one: one.id))
        refs = [one.id for one in some]
        kind = draw(st.sampled_from(["relationship", "relationship", "relationship", "report", "note", "sighting"]))
        if kind == "relationship":
            ends = draw(st.sampled_from(linkable)), draw(st.sampled_from([first, *nodes]))
            tie = link(*ends, "related-to", str(number), **_optional(draw, nodes))
        elif kind == "sighting":
            seen = draw(st.sampled_from(linkable)).id
            refs = [one.id for one in nodes if one.type == "identity"] or None
            tie = stix(kind, str(number), sighting_of_ref=seen, where_sighted_refs=refs, **_optional(draw, nodes))
        else:
            tie = stix(kind, f"{kind} {number}", object_refs=refs, **_optional(draw, nodes))
        yield decode(msgspec.json.encode({**tie.value, **_marks(draw, dict(tie.value), marks)}))
