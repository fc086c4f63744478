"""A STIX object as Backchannel sees it: the bytes as received, and a view of them that is read but never written.

Rules: the bytes are what is stored, hashed, signed and sent, never a re-serialised copy. A version is named by
(id, modified); objects without `modified` (observables, marking definitions) use `created` or nothing.
Source: STIX 2.1 (OASIS standard, 10 June 2021), sections 2.9, 3.2 to 3.6.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

import msgspec

from backchannel.core import stix_json
from backchannel.errors import BadObject

MAX_OBJECT_BYTES = 1 << 20
"""Largest object that crosses: what a node releases and what it takes in."""

MAX_DEPTH = 64
"""Deepest nesting of a JSON value that is accepted."""

SHARED_VOCABULARY = frozenset(
    {"attack-pattern", "identity", "location", "vulnerability", "marking-definition", "extension-definition"}
)
"""Types that many threats refer to: scope may reach them but never goes on from them."""

_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,18}))?Z")
_decoder = msgspec.json.Decoder(dict)


class Reference(NamedTuple):
    """One reference an object makes: the path of the property (`object_refs[2]`) and the id it names."""

    path: str
    target: str


class StixObject(msgspec.Struct, frozen=True):
    """One object: `raw` as received (UTF-8 JSON) and `value`, its decoded form. Make it with `decode`."""

    raw: bytes
    value: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The STIX identifier."""
        return str(self.value.get("id", ""))

    @property
    def type(self) -> str:
        """The STIX type."""
        return str(self.value.get("type", ""))

    @property
    def version(self) -> str:
        """What tells versions of one id apart: `modified`, else `created`, else the empty string."""
        return str(self.value.get("modified") or self.value.get("created") or "")

    @property
    def name(self) -> str:
        """The `name`, or the empty string."""
        name = self.value.get("name", "")
        return name if isinstance(name, str) else ""

    @property
    def digest(self) -> bytes:
        """SHA-256 of the bytes."""
        return hashlib.sha256(self.raw).digest()


def decode(raw: bytes) -> StixObject:
    """Decode one JSON object.

    Raises:
        BadObject: not UTF-8, not JSON, not an object, or what `core.stix_json` refuses: nested deeper than
            `MAX_DEPTH`, a name twice in one object, a whole number that not every reader represents exactly.
    """
    try:
        value = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadObject(f"not a JSON object: {error}") from None
    found = stix_json.fault(raw, value, max_depth=MAX_DEPTH)
    if found is not None:
        raise BadObject(found[1])
    return StixObject(raw, value)


def decode_held(raw: bytes) -> StixObject:
    """Decode bytes that `decode` let pass before: what is held is not judged again."""
    return StixObject(raw, _decoder.decode(raw))


def references(value: Mapping[str, Any]) -> Iterator[Reference]:
    """Every reference in an object, at any depth: a text under a name that ends in `_ref`, and each text in a list
    under one that ends in `_refs` (STIX 2.1, 2.9). Other shapes under such names are no references, but text."""
    stack: list[tuple[str, Any]] = [("", value)]
    while stack:
        path, item = stack.pop()
        if isinstance(item, list):
            stack.extend((f"{path}[{i}]", inner) for i, inner in enumerate(item) if isinstance(inner, dict | list))
            continue
        for key, inner in item.items():
            if key.endswith("_ref") and isinstance(inner, str):
                yield Reference(f"{path}.{key}" if path else key, inner)
            elif key.endswith("_refs") and isinstance(inner, list):
                where = f"{path}.{key}" if path else key
                yield from (Reference(f"{where}[{i}]", ref) for i, ref in enumerate(inner) if isinstance(ref, str))
                stack.append((where, inner))
            elif isinstance(inner, dict | list):
                stack.append((f"{path}.{key}" if path else key, inner))


def targets(one: StixObject) -> set[str]:
    """The ids that `references` yields, without their paths: several times as fast. Empty ones are left out."""
    found: list[str] = []
    stack: list[dict[str, Any] | list[Any]] = [cast(dict[str, Any], one.value)]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack += [inner for inner in item if type(inner) is dict or type(inner) is list]
            continue
        for key, inner in item.items():
            kind = type(inner)
            if kind is str:
                if key[-4:] == "_ref":
                    found.append(inner)
            elif kind is list and key[-5:] == "_refs":
                found += [each for each in inner if type(each) is str]
                stack.append(inner)
            elif kind is dict or kind is list:
                stack.append(inner)
    return {target for target in found if target}


def version_order(version: str) -> str:
    """A key that orders versions by time: as text, `…:01Z` would come after `…:01.5Z`."""
    whole, _, fraction = version.removesuffix("Z").partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


def timestamp(text: str) -> datetime:
    """A STIX timestamp as an aware datetime; digits past the microsecond are dropped.

    Raises:
        ValueError: not a timestamp of STIX 2.1, section 3.16 (RFC 3339 in UTC, with `Z`).
    """
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a timestamp like 2026-11-22T20:31:00.000Z")
    whole, fraction = match.groups()
    moment = datetime.fromisoformat(whole).replace(tzinfo=UTC)
    return moment.replace(microsecond=int((fraction or "0").ljust(6, "0")[:6]))


def format_timestamp(moment: datetime) -> str:
    """A datetime as a STIX timestamp with milliseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
