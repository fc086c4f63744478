"""Observables in STIX: the canonical values that a pattern or an object names, and the pattern of a value.

Rules: only what is said for certain is reduced (equality, membership of a list, a subset of a network). A
value that is none of its type is left out, never an error, because patterns come from outside. The
canonical spellings are those of `core.canonical`. Sources: STIX 2.1 sections 6 and 9.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from backchannel.core.canonical import (
    KINDS,
    Observable,
    canonical,
    guess,
    host_of,
    socket_parts,
)
from backchannel.core.pattern import Comparison
from backchannel.core.stix_tokens import quote

__all__ = [
    "KINDS",
    "Observable",
    "canonical",
    "from_observable",
    "from_pattern",
    "guess",
    "host_of",
    "pattern_of",
]

_CERTAIN = frozenset({"=", "IN", "ISSUBSET"})
_REQUEST = "extensions.http-request-ext.request_value"
_KIND_BY_PROPERTY: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("domain-name", "value"): "domain-name",
        ("domain-name", "resolves_to_refs[*].value"): "host",
        ("ipv4-addr", "value"): "ip",
        ("ipv6-addr", "value"): "ip",
        ("url", "value"): "url",
        ("email-addr", "value"): "email-addr",
        ("mac-addr", "value"): "mac-addr",
        ("autonomous-system", "number"): "autonomous-system",
        ("mutex", "name"): "mutex",
        ("windows-registry-key", "key"): "windows-registry-key",
        ("process", "name"): "process-name",
        ("file", "name"): "file-name",
        ("file", "path"): "file-path",
        ("email-message", "from_ref.value"): "email-addr",
        ("email-message", "sender_ref.value"): "email-addr",
        ("network-traffic", "dst_ref.value"): "host",
        ("network-traffic", "src_ref.value"): "host",
        ("network-traffic", "extensions.http-request-ext.request_header.User-Agent"): "user-agent",
        ("network-traffic", _REQUEST): "url-path",
    }
)
_HOSTLESS_TYPES = frozenset(
    {
        "artifact", "autonomous-system", "directory", "email-message", "file", "mac-addr", "mutex", "network-traffic",
        "process", "software", "user-account", "windows-registry-key", "x509-certificate",
    }
)  # fmt: skip
"""Types whose own properties name no host, but for those in `_HOST_PROPERTIES`."""
_HOST_PROPERTIES = frozenset(
    {"url", "request_value", "received_lines", "additional_header_fields", "subject_alternative_name"}
)
_ALTERNATIVE = re.compile(r"(?:DNS(?: Name)?|IP(?: Address)?)[:=]", re.IGNORECASE)
_COMMON_NAME = re.compile(r"(?:^|[,/+;])\s*CN\s*=\s*([^,/+;]+)", re.IGNORECASE)
_HOSTLESS_PROPERTIES = frozenset({"type", "id", "display_name", "number", "name", "rir"})
_HOSTLESS_HEADERS = frozenset({"user-agent", "accept", "accept-language", "accept-encoding", "content-type"})
_HASH_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "file-md5": "MD5",
        "file-sha1": "SHA-1",
        "file-sha224": "SHA-224",
        "file-sha256": "SHA-256",
        "file-sha384": "SHA-384",
        "file-sha512": "SHA-512",
        "file-sha3-256": "SHA3-256",
        "file-sha3-512": "SHA3-512",
        "file-ssdeep": "SSDEEP",
        "file-tlsh": "TLSH",
        "file-authentihash": "AUTHENTIHASH",
        "file-imphash": "IMPHASH",
    }
)
_KIND_BY_HASH = MappingProxyType({name.replace("-", ""): kind for kind, name in _HASH_NAMES.items()})
_PROPERTY_BY_KIND: Mapping[str, str] = MappingProxyType(
    {
        "domain-name": "domain-name:value",
        "ipv4-addr": "ipv4-addr:value",
        "ipv6-addr": "ipv6-addr:value",
        "url": "url:value",
        "url-path": "network-traffic:extensions.'http-request-ext'.request_value",
        "email-addr": "email-addr:value",
        "mac-addr": "mac-addr:value",
        "mutex": "mutex:name",
        "windows-registry-key": "windows-registry-key:key",
        "process-name": "process:name",
        "file-name": "file:name",
        "file-path": "file:path",
        "user-agent": "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'",
    }
    | {kind: f"file:hashes.{name if '-' not in name else repr(name)}" for kind, name in _HASH_NAMES.items()}
)


def from_pattern(comparisons: Iterable[Comparison]) -> tuple[Observable, ...]:
    """Every observable that the comparisons of a pattern name, in their order, each once.

    A destination with a port gives the host and the `socket-addr`.
    """
    found: dict[Observable, None] = {}
    hosts: list[Observable] = []
    ports: list[str] = []
    for comparison in comparisons:
        if comparison.negated or comparison.operator not in _CERTAIN:
            continue
        path = _plain_path(comparison.path)
        if (comparison.object_type, path) == ("network-traffic", "dst_port"):
            ports.extend(str(value) for value in comparison.values)
            continue
        named = list(_values(comparison.object_type, path, comparison.values))
        found.update(dict.fromkeys(named))
        if path == "dst_ref.value":
            hosts.extend(named)
    if len(hosts) == len(ports) == 1:
        found.update(dict.fromkeys(_canonical("socket-addr", _socket_text(hosts[0], ports[0]))))
    return tuple(found)


def unreduced(comparisons: Iterable[Comparison]) -> Iterator[Comparison]:
    """The comparisons that may be about a name or an address on a network without `from_pattern` telling which.

    Those are operators that match more than one value (LIKE, MATCHES, orders, negations), values that are none of
    their type (`evil.example/`), references (`resolves_to_refs`), headers, and types that the standard does not know.
    """
    for comparison in comparisons:
        path = _plain_path(comparison.path)
        if _may_name_a_host(comparison.object_type, path) and not _is_reduced(comparison, path):
            yield comparison


def from_observable(value: Mapping[str, Any]) -> tuple[Observable, ...]:
    """Every observable that a STIX Cyber-observable Object is, each once: a file gives one for each hash.

    Follows no references; a value of the wrong JSON type is left out.
    """
    kind = value.get("type")
    if not isinstance(kind, str):
        return ()
    found: dict[Observable, None] = {}
    for object_type, path in _KIND_BY_PROPERTY:
        if object_type == kind and "." not in path:
            found.update(dict.fromkeys(_values(kind, path, (value.get(path),))))
    hashes = value.get("hashes")
    if kind == "file" and isinstance(hashes, Mapping):
        for name, text in hashes.items():
            found.update(dict.fromkeys(_values(kind, f"hashes.{name}", (text,))))
    return tuple(found)


def pattern_of(observable: Observable) -> str:
    """The STIX pattern that is true where the observable is seen (STIX 2.1, section 9), correctly escaped.

    Raises:
        ValueError: a type that is none of `KINDS`.
    """
    kind, value = observable
    if kind == "autonomous-system":
        return f"[autonomous-system:number = {int(value)}]"
    if kind == "socket-addr":
        return _socket_pattern(observable)
    name = _PROPERTY_BY_KIND.get(kind)
    if name is None:
        raise ValueError(f"there is no observable type {kind!r}")
    return f"[{name} = {quote(value)}]"


def _socket_pattern(observable: Observable) -> str:
    host, port = socket_parts(observable)
    return (
        f"[network-traffic:dst_ref.type = '{host.type}' AND network-traffic:dst_ref.value = '{host.value}' "
        f"AND network-traffic:dst_port = {port}]"
    )


def _socket_text(host: Observable, port: str) -> str:
    return f"[{host.value}]:{port}" if host.type == "ipv6-addr" else f"{host.value}:{port}"


def _plain_path(path: str) -> str:
    """A property path without the quotes around its keys."""
    return path.replace("'", "").replace('"', "")


def _may_name_a_host(object_type: str, path: str) -> bool:
    keys = [key.partition("[")[0] for key in path.split(".")]
    if keys[-1] in _HOSTLESS_PROPERTIES:
        return False
    if any(key.endswith(("_ref", "_refs", "_header")) or key in _HOST_PROPERTIES for key in keys):
        return keys[-1].lower() not in _HOSTLESS_HEADERS
    return object_type not in _HOSTLESS_TYPES


def _is_reduced(comparison: Comparison, path: str) -> bool:
    if comparison.negated or comparison.operator not in _CERTAIN:
        return False
    return all(any(_values(comparison.object_type, path, (value,))) for value in comparison.values)


def _values(object_type: str, path: str, values: Iterable[Any]) -> Iterator[Observable]:
    if object_type == "x509-certificate":
        for value in values:
            if isinstance(value, str):
                yield from _certified(path.rpartition(".")[2], value)
        return
    kind = _KIND_BY_PROPERTY.get((object_type, path))
    if kind is None and object_type == "file" and path.startswith("hashes."):
        kind = _KIND_BY_HASH.get(path.removeprefix("hashes.").upper().replace("-", ""))
    if kind is not None:
        for value in values:
            if isinstance(value, str) or type(value) is int:
                yield from _canonical(kind, str(value))


def _certified(property_: str, text: str) -> Iterator[Observable]:
    """The hosts that a certificate is for (RFC 5280, 4.2.1.6), as tools print them; none if one is left unread."""
    named: list[str] = []
    if property_ == "subject_alternative_name":
        named = [_ALTERNATIVE.sub("", one.strip()) for one in re.split(r"[,;\n]", text) if one.strip()]
    elif property_ == "subject":
        named = [found.strip() for found in _COMMON_NAME.findall(text)]
    hosts = [list(_canonical("host", one)) for one in named]
    if all(hosts):
        yield from (one for found in hosts for one in found)


def _canonical(kind: str, text: str) -> Iterator[Observable]:
    try:
        yield canonical(kind, text)
    except ValueError:
        return
