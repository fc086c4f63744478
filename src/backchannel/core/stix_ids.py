"""Identifiers: what one looks like, and the deterministic ones, which an observable gets from everyone alike.

Rules: an id is a type and a UUID. Of an observable, that is a UUIDv5 of the canonical JSON (RFC 8785) of those
id contributing properties that are present; of `hashes` only one counts (MD5, SHA-1, SHA-256, SHA-512 in this
order, else the first in the alphabet). An observable without any contributing property has a random id (UUIDv4).
Source: STIX 2.1, section 2.9 (identifier), 3.4, and "ID Contributing Properties" of each type in chapter 6.
"""

import re
import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import rfc8785

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
"""Expression of a UUID in lower case."""

ID = rf"[a-z0-9][a-z0-9-]{{1,248}}[a-z0-9]--{UUID}"
"""Expression of an id."""

NAMESPACE = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""Namespace of all deterministic ids of STIX (section 2.9)."""

CONTRIBUTING: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "artifact": ("hashes", "payload_bin"),
        "autonomous-system": ("number",),
        "directory": ("path",),
        "domain-name": ("value",),
        "email-addr": ("value",),
        "email-message": ("from_ref", "subject", "body"),
        "file": ("hashes", "name", "parent_directory_ref", "extensions"),
        "ipv4-addr": ("value",),
        "ipv6-addr": ("value",),
        "mac-addr": ("value",),
        "mutex": ("name",),
        "network-traffic": (
            "start", "end", "src_ref", "dst_ref", "src_port", "dst_port", "protocols", "extensions",
        ),
        "process": (),
        "software": ("name", "cpe", "swid", "vendor", "version"),
        "url": ("value",),
        "user-account": ("account_type", "user_id", "account_login"),
        "windows-registry-key": ("key", "values"),
        "x509-certificate": ("hashes", "serial_number"),
    }
)  # fmt: skip
"""The id contributing properties of each observable of the standard."""

_ID = re.compile(ID)
_HASHES = ("MD5", "SHA-1", "SHA-256", "SHA-512")


def is_id(text: str) -> bool:
    """Whether a text is a STIX id and nothing else."""
    return _ID.fullmatch(text) is not None


def type_of(identifier: str) -> str:
    """The type that an id names."""
    return identifier.partition("--")[0]


def deterministic_id(value: Mapping[str, Any]) -> str | None:
    """The id that an observable should have, or None if its type or its properties allow none."""
    kind = str(value.get("type", ""))
    parts = {name: value[name] for name in CONTRIBUTING.get(kind, ()) if name in value}
    if isinstance(parts.get("hashes"), Mapping):
        parts["hashes"] = _one_hash(parts["hashes"])
    if not parts:
        return None
    try:
        canonical = rfc8785.dumps(parts)
    except rfc8785.CanonicalizationError:
        return None
    return f"{kind}--{uuid.uuid5(NAMESPACE, canonical.decode())}"


def _one_hash(hashes: Mapping[str, Any]) -> dict[str, Any]:
    for name in (*_HASHES, *sorted(hashes)):
        if name in hashes:
            return {name: hashes[name]}
    return {}
