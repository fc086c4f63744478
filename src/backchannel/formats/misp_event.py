"""Objects of STIX 2.1 as one MISP event, by misp-stix: the way back of `formats.misp`.

Rules: what misp-stix has no record for is left out and told. The event is for its own organisation alone
(distribution 0) and bears the strictest TLP level of what went into it, and each attribute that of its object: a
level that is kept beside an object has no other way to travel.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from backchannel.core.marking import strictest
from backchannel.errors import BadArgument, MissingExtra
from backchannel.formats.misp import LIBRARY_FAILURES, MISSING, cause, messages, silence, without_warnings

MAX_BYTES = 64 << 20
"""Most bytes of objects that go into one event: they are converted in memory."""


class Maker(NamedTuple):
    """Who makes an event, and when: name and UUID of the organisation, the event's own UUID, its title."""

    organisation: str
    organisation_id: UUID
    event_id: UUID
    title: str
    now: datetime


class Chosen(NamedTuple):
    """An object for an event: its bytes and its effective TLP level."""

    raw: bytes
    tlp: str


class Event(NamedTuple):
    """A MISP event as JSON, and what was said about things that are not in it as they were."""

    json: bytes
    notes: list[str]


def make_event(objects: Mapping[str, Chosen], maker: Maker) -> Event:
    """One event of all objects, by their ids, at most `MAX_BYTES` together.

    Raises:
        MissingExtra: misp-stix is not installed.
        BadArgument: misp-stix cannot convert them.
    """
    parser, load, failures = _load()
    bundle = {
        "type": "bundle",
        "id": f"bundle--{maker.event_id}",
        "objects": [msgspec.json.decode(one.raw) for one in objects.values()],
    }
    with without_warnings():
        try:
            parser.load_stix_bundle(load(bundle))
            parser.parse_stix_bundle(
                single_event=True, title=maker.title, organisation_uuid=str(maker.organisation_id)
            )
            value = msgspec.json.decode(parser.misp_event.to_json())
        except failures as error:
            raise BadArgument(f"misp-stix cannot make an event of these objects: {cause(error)}") from None
    _complete(value, maker)
    _mark(value, {identifier[-36:]: one.tlp for identifier, one in objects.items()})
    return Event(msgspec.json.encode({"Event": value}), [*messages(parser.errors), *messages(parser.warnings)])


def _load() -> tuple[Any, Any, tuple[type[Exception], ...]]:
    """misp-stix, imported only when an event is made: that takes a second or two."""
    with without_warnings():
        try:
            from misp_stix_converter import ExternalSTIX2toMISPParser
            from misp_stix_converter.tools import load_stix2_content
            from pymisp.exceptions import PyMISPError
            from stix2.exceptions import STIXError
        except ImportError:
            raise MissingExtra(MISSING) from None
        silence()
        return ExternalSTIX2toMISPParser(), load_stix2_content, (*LIBRARY_FAILURES, PyMISPError, STIXError)


def _complete(event: dict[str, Any], maker: Maker) -> None:
    """What a MISP server wants of an event and misp-stix leaves open."""
    event["info"] = maker.title
    event["Orgc"] = {"name": maker.organisation, "uuid": str(maker.organisation_id)}
    event["date"] = f"{maker.now:%Y-%m-%d}"
    event["timestamp"] = str(int(maker.now.timestamp()))
    event["distribution"] = "0"
    event.setdefault("analysis", "0")
    event.setdefault("threat_level_id", "4")
    event.setdefault("published", False)


def _mark(event: dict[str, Any], levels: Mapping[str, str]) -> None:
    """Tag the event and its attributes with levels, given by the UUIDs of objects."""
    highest = strictest(*levels.values())
    _tag(event, highest)
    for one in event.get("Attribute", []):
        _tag(one, levels.get(one.get("uuid", ""), highest))
    for owner in event.get("Object", []):
        for one in owner.get("Attribute", []):
            _tag(one, levels.get(owner.get("uuid", ""), highest))


def _tag(record: dict[str, Any], level: str) -> None:
    others = [tag for tag in record.get("Tag", []) if not str(tag.get("name")).startswith("tlp:")]
    record["Tag"] = [*others, {"name": f"tlp:{level}"}]
