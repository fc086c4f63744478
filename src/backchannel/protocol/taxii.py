"""TAXII 2.1 resources and parameters: texts in, values out, and back; no sockets.

Rules: a position in a collection is the number of an entry, which grows with each insertion and is never given out
twice. `next` is such a position, hidden, with a MAC over it and over all that the request asked for, so that a cursor
is of use to nobody else and for nothing else. Pages are joined from bytes as they are held.
Source: TAXII 2.1, OASIS standard of 10 June 2021: chapters 3 (filtering, pagination), 4 and 5 (resources).
"""

import base64
import binascii
import hashlib
import hmac
import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from backchannel.core.stix import timestamp
from backchannel.core.stix_ids import is_id

MEDIA_TYPE = "application/taxii+json;version=2.1"
"""The media type of every answer."""

STIX_MEDIA_TYPE = "application/stix+json;version=2.1"
"""The media type of the objects in a collection."""

MOST_OBJECTS = 1_000
"""Entries on one page at most, and where a request does not say how many."""

MOST_VALUES = 500
"""Values in one filter at most."""

LONGEST_VALUE = 300
"""Most characters of one value of a filter; a type or an id of STIX is shorter."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TYPE = re.compile(r"[a-z0-9][a-z0-9-]{0,248}[a-z0-9]")
_VERSION_WORDS = frozenset({"last", "first", "all"})
_SPEC_VERSIONS = frozenset({"2.0", "2.1"})
_POSITION = struct.Struct(">Q")
_MAC_BYTES = 16


class BadQuery(ValueError):
    """A parameter that cannot be taken: the message names it and says what it takes."""


class Query(msgspec.Struct, frozen=True):
    """What a request asks of a collection. `None` does not narrow.

    `added_after` is in microseconds since 1970; `after` a position; `versions` has words (`last`, `first`, `all`) and
    times as the request gives them.
    """

    limit: int = MOST_OBJECTS
    after: int = 0
    added_after: int | None = None
    ids: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    versions: tuple[str, ...] = ("last",)
    spec_versions: tuple[str, ...] | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing can match: all that is held is in STIX 2.1."""
        return self.spec_versions is not None and "2.1" not in self.spec_versions


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One object version in a collection. `number` is its position, `added` microseconds since 1970; `raw` is left
    empty where only the manifest is asked for."""

    number: int
    id: str
    version: str
    added: int
    raw: bytes = b""


class Page(NamedTuple):
    """Entries in the order of insertion, and whether more follow."""

    entries: list[Entry]
    more: bool


class Cursors:
    """Makes `next` and reads it back. `secret` is the node's own."""

    def __init__(self, secret: bytes) -> None:
        self._key = hashlib.blake2b(secret, person=b"taxii next", digest_size=32).digest()

    def make(self, position: int, request: str) -> str:
        """The cursor for going on behind a position; `request` is all that the request asked for, and who asked."""
        place = _POSITION.pack(position)
        mac = self._mac(place, request)
        return base64.urlsafe_b64encode(mac + self._hidden(place, mac)).decode()

    def read(self, text: str, request: str) -> int:
        """The position of a cursor.

        Raises:
            BadQuery: it was not given for this request.
        """
        try:
            data = base64.b64decode(text, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            data = b""
        mac, hidden = data[:_MAC_BYTES], data[_MAC_BYTES:]
        place = self._hidden(hidden, mac) if len(hidden) == _POSITION.size else b""
        if not place or not hmac.compare_digest(mac, self._mac(place, request)):
            raise BadQuery("next: it was not given for this request; begin again without it")
        position: int = _POSITION.unpack(place)[0]
        return position

    def _hidden(self, place: bytes, mac: bytes) -> bytes:
        """A position as it is shown, or back: numbers are given out for all collections together, and how many others
        took is nobody's business. The MAC is its nonce, as in RFC 5297."""
        stream = hashlib.blake2b(mac, key=self._key, person=b"position", digest_size=_POSITION.size).digest()
        return bytes(one ^ other for one, other in zip(place, stream, strict=True))

    def _mac(self, place: bytes, request: str) -> bytes:
        return hashlib.blake2b(place + request.encode(), key=self._key, digest_size=_MAC_BYTES).digest()


# --- requests --------------------------------------------------------------------------------------------------


def read_query(
    parameters: Iterable[tuple[str, str]], *, filters: Iterable[str], cursors: Cursors, request: str
) -> Query:
    """The query that URL parameters ask. `filters` are the `match[...]` fields that the endpoint knows; `request`
    says who asks what, for the cursor. Parameters that are not of TAXII are not looked at.

    Raises:
        BadQuery: a parameter is given twice, unknown, or takes no such value.
    """
    given: dict[str, str] = {}
    for name, value in parameters:
        if name in given:
            raise BadQuery(f"{name}: it is given twice; give a list, separated by commas")
        if name in _PLAIN or name.startswith("match["):
            given[name] = value
    known = {f"match[{one}]" for one in filters}
    unknown = sorted(name for name in given if name.startswith("match[") and name not in known)
    if unknown:
        raise BadQuery(f"{unknown[0][:60]}: there is no such filter here; it takes {', '.join(sorted(known))}")
    versions = _values(given, "match[version]")
    spec_versions = _values(given, "match[spec_version]")
    query = Query(
        limit=_limit(given.get("limit")),
        added_after=_moment("added_after", given["added_after"]) if "added_after" in given else None,
        ids=_checked(given, "match[id]", is_id, "an id of STIX"),
        types=_checked(given, "match[type]", _is_type, "a type of STIX"),
        versions=("last",) if versions is None else tuple(map(_version, versions)),
        spec_versions=spec_versions,
    )
    for one in spec_versions or ():
        if one not in _SPEC_VERSIONS:
            raise BadQuery(f"match[spec_version]: {one[:20]!r} is not known; it takes 2.0 and 2.1")
    if "next" not in given:
        return query
    return msgspec.structs.replace(query, after=cursors.read(given["next"], asked(query, request)))


_PLAIN = frozenset({"limit", "next", "added_after"})


def asked(query: Query, request: str) -> str:
    """All that a request asks for but the page, as a text for the MAC of its cursor."""
    return msgspec.json.encode((request, msgspec.structs.replace(query, limit=0, after=0))).decode()


def accepts(header: str | None) -> bool:
    """Whether an `Accept` header takes TAXII 2.1."""
    if not header:
        return True
    return any(_is_taxii(one, wildcards=True) for one in header.split(","))


def is_taxii(content_type: str | None) -> bool:
    """Whether a `Content-Type` header is that of TAXII 2.1."""
    return content_type is not None and _is_taxii(content_type, wildcards=False)


def _is_taxii(text: str, *, wildcards: bool) -> bool:
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    facts = dict(part.partition("=")[::2] for part in parameters if "=" in part)
    if wildcards and facts.get("q", "1").strip('" ').rstrip("0") in ("", "."):
        return False
    if wildcards and name in ("*/*", "application/*"):
        return True
    return name == "application/taxii+json" and facts.get("version", "2.1").strip('" ') == "2.1"


def _limit(text: str | None) -> int:
    if text is None:
        return MOST_OBJECTS
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and int(text) > 0):
        raise BadQuery(f"limit: {text[:20]!r} is not a number from 1 on")
    return min(int(text), MOST_OBJECTS)


def _values(given: Mapping[str, str], name: str) -> tuple[str, ...] | None:
    if name not in given:
        return None
    values = tuple(dict.fromkeys(given[name].split(",")))
    if len(values) > MOST_VALUES:
        raise BadQuery(f"{name}: {len(values)} values; {MOST_VALUES} at most")
    for one in values:
        if not 0 < len(one) <= LONGEST_VALUE or not one.isprintable():
            raise BadQuery(f"{name}: a value is empty, too long or not printable")
    return values


def _checked(given: Mapping[str, str], name: str, is_one: Any, what: str) -> tuple[str, ...] | None:
    values = _values(given, name)
    for one in values or ():
        if not is_one(one):
            raise BadQuery(f"{name}: {one[:80]!r} is not {what}")
    return values


def _is_type(text: str) -> bool:
    return _TYPE.fullmatch(text) is not None


def _version(text: str) -> str:
    if text not in _VERSION_WORDS:
        _moment("match[version]", text)
    return text


def microseconds_of(text: str) -> int:
    """A time of a query, in microseconds since 1970; finer parts are cut off.

    Raises:
        BadQuery: it is no time.
    """
    return _moment("time", text)


def _moment(name: str, text: str) -> int:
    try:
        return (timestamp(text) - _EPOCH) // timedelta(microseconds=1)
    except ValueError:
        raise BadQuery(f"{name}: {text[:40]!r} is not a time like 2026-11-25T12:00:00Z") from None


# --- answers ---------------------------------------------------------------------------------------------------


def moment(added: int) -> str:
    """Microseconds since 1970 as a TAXII timestamp."""
    second, rest = divmod(added, 1_000_000)
    return f"{_second(second)}.{rest:06d}Z"


@lru_cache(maxsize=1_024)
def _second(added: int) -> str:
    """What was added together shares its seconds."""
    return (_EPOCH + timedelta(seconds=added)).strftime("%Y-%m-%dT%H:%M:%S")


def envelope(entries: Sequence[Entry], following: str | None) -> bytes:
    """A page of objects, their bytes as they are held."""
    if not entries:
        return b"{}"
    return b"".join((_head(following), b'"objects":[', b",".join([one.raw for one in entries]), b"]}"))


def manifest(entries: Sequence[Entry], following: str | None) -> bytes:
    """A page of what a collection holds."""
    if not entries:
        return b"{}"
    objects = [
        {"id": one.id, "date_added": moment(one.added), "version": stix_version(one), "media_type": STIX_MEDIA_TYPE}
        for one in entries
    ]
    return b"".join((_head(following), b'"objects":', msgspec.json.encode(objects), b"}"))


def versions(entries: Sequence[Entry], following: str | None) -> bytes:
    """A page of the versions of one object."""
    if not entries:
        return b"{}"
    return b"".join((_head(following), b'"versions":', msgspec.json.encode([*map(stix_version, entries)]), b"}"))


def stix_version(one: Entry) -> str:
    """The version as TAXII has it: `modified`, or the date added for what has no version."""
    return one.version or moment(one.added)


def added_headers(entries: Sequence[Entry]) -> dict[str, str]:
    """When the first and the last entry of a page were added."""
    if not entries:
        return {}
    return {
        "X-TAXII-Date-Added-First": moment(entries[0].added),
        "X-TAXII-Date-Added-Last": moment(entries[-1].added),
    }


def _head(following: str | None) -> bytes:
    return b"{" if following is None else b'{"more":true,"next":"' + following.encode() + b'",'
