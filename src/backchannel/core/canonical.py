"""Observables as canonical values: one type, one spelling, so that the same bytes mean the same thing.

Rules: `canonical` takes a value of a named type as people write it, `guess` a value whose type must be seen
from its form. Both are idempotent: what they return, they return again. A value that is none is a
ValueError with a sentence (`guess` answers None). Types are those of STIX 2.1 section 6 where the type has one
value; a file is told by `file-` and the hash.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from backchannel.core import internet, url
from backchannel.core.internet import MAX_TEXT, refang
from backchannel.core.text import shown


class Observable(NamedTuple):
    """One observable: its type (`domain-name`, `file-sha256`, ...) and its canonical value."""

    type: str
    value: str


_HASH_LENGTHS = {
    "file-md5": 32,
    "file-sha1": 40,
    "file-sha224": 56,
    "file-sha256": 64,
    "file-sha384": 96,
    "file-sha512": 128,
    "file-sha3-256": 64,
    "file-sha3-512": 128,
    "file-authentihash": 64,
    "file-imphash": 32,
}
_BY_LENGTH = {
    32: "file-md5",
    40: "file-sha1",
    56: "file-sha224",
    64: "file-sha256",
    96: "file-sha384",
    128: "file-sha512",
}
_HEX = re.compile(r"[0-9a-fA-F]+")
_SSDEEP = re.compile(r"[0-9]{1,10}:[A-Za-z0-9+/]{3,64}:[A-Za-z0-9+/]{3,64}")
_TLSH = re.compile(r"(?:T1)?[0-9A-F]{70}")
_MAC = re.compile(r"[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}")
_ASN = re.compile(r"(?:as)?0*([0-9]{1,10})", re.IGNORECASE | re.ASCII)
_IP_LIKE = re.compile(
    r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:/[0-9]{1,2})?|\[?[0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F.:]*\]?(?:/[0-9]{1,3})?"
)
_PLAIN_NAME = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+([a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)"
)
_HIVES = {
    "hkcr": "hkey_classes_root",
    "hkcu": "hkey_current_user",
    "hklm": "hkey_local_machine",
    "hku": "hkey_users",
    "hkcc": "hkey_current_config",
}
_FILE_ENDINGS = """
7z apk asp aspx bat bin cfg conf cpl csv dat dll dmg doc docm docx dotm elf exe gif gz hta htm html ini iso
jar jpeg jpg js jse json jsp lnk log msi odt pdf php png ppt pptx ps1 rar rtf scr svg swf sys tar tmp txt vbe
vbs wsf xls xlsm xlsx xml yar
"""
"""Endings of file names that are no top-level domains: `invoice.pdf` in a list is no domain name."""
_NOT_TOP_LEVEL = frozenset(_FILE_ENDINGS.split())


def canonical(kind: str, text: str) -> Observable:
    """The observable of a named type in its canonical spelling.

    `kind` is of `KINDS`, or `ip` (either family), `host` (a name or an address) or `hash` (told by length).

    Raises:
        ValueError: an unknown kind, or a text that is no value of it.
    """
    make = _MAKERS.get(kind)
    if make is None:
        raise ValueError(f"there is no observable type {shown(kind)}")
    return make(text)


def guess(text: str) -> Observable | None:
    """The observable that a line of a list most likely names, or None; names of files are not guessed."""
    name = _PLAIN_NAME.fullmatch(text)
    if name is not None and name[1] not in _NOT_TOP_LEVEL:  # most lines of most lists, at a third of the cost
        return Observable("domain-name", text)
    try:
        plain = refang(text)
        kind = _kind_of(plain)
        return None if kind is None else canonical(kind, plain)
    except ValueError:
        return None


def host_of(observable: Observable) -> Observable | None:
    """The host within a URL, an e-mail address or a socket address; None for other types."""
    value = observable.value
    if observable.type == "email-addr":
        return Observable("domain-name", value.rpartition("@")[2])
    if observable.type == "socket-addr":
        return socket_parts(observable)[0]
    if observable.type != "url":
        return None
    place = value.partition("://")[2].partition("/")[0].rpartition("@")[2]
    name, colon, port = place.rpartition(":")
    return _host((name if colon and port.isdigit() else place).strip("[]"))


def socket_parts(observable: Observable) -> tuple[Observable, int]:
    """The host and the port of a `socket-addr`."""
    name, _, port = observable.value.rpartition(":")
    return _host(name.strip("[]")), int(port)


def _kind_of(plain: str) -> str | None:
    """What a refanged text looks like. Only the cheap signs are read here; `canonical` has the last word."""
    if not plain or " " in plain:
        return None
    if len(plain) in _BY_LENGTH and _HEX.fullmatch(plain):
        return "hash"
    if _IP_LIKE.fullmatch(plain):
        return "mac-addr" if _MAC.fullmatch(plain.lower()) else "ip"
    if "://" in plain:
        return "url"
    if plain.startswith("/"):
        return "url-path"
    if _MAC.fullmatch(plain.lower()):
        return "mac-addr"
    return _kind_of_name(plain)


def _kind_of_name(plain: str) -> str | None:
    if _SSDEEP.fullmatch(plain):
        return "file-ssdeep"
    head, slash, _ = plain.partition("/")
    if slash or "?" in plain:
        return "url" if "." in head else None
    if "@" in plain:
        return "email-addr"
    if ":" in plain:
        return "socket-addr"
    if plain[:2] in {"AS", "as"} and plain[2:].isdigit():
        return "autonomous-system"
    ending = plain.removesuffix(".").rpartition(".")[2].lower()
    return None if ending in _NOT_TOP_LEVEL or not ending.strip("0123456789") else "domain-name"


def _host(text: str) -> Observable:
    value = internet.host(refang(text))
    return _ip(value) if ":" in value or value.rpartition(".")[2].isdigit() else Observable("domain-name", value)


def _ip(text: str) -> Observable:
    value = internet.ip(text)
    return Observable("ipv6-addr" if ":" in value else "ipv4-addr", value)


def _ip_of(kind: str) -> Callable[[str], Observable]:
    def make(text: str) -> Observable:
        found = _ip(text)
        if kind == "ipv4-addr" and found.type != kind:
            raise ValueError(f"{shown(text)} is not an IPv4 address")
        return found

    return make


def _hash_of(kind: str) -> Callable[[str], Observable]:
    length = _HASH_LENGTHS[kind]

    def make(text: str) -> Observable:
        plain = text.strip().lower()
        if len(plain) != length or not _HEX.fullmatch(plain):
            raise ValueError(f"{shown(text)} is not a {kind.removeprefix('file-')} hash of {length} hex digits")
        return Observable(kind, plain)

    return make


def _hash(text: str) -> Observable:
    plain = text.strip().lower()
    kind = _BY_LENGTH.get(len(plain))
    if kind is None or not _HEX.fullmatch(plain):
        raise ValueError(f"{shown(text)} is not a hash of a known length")
    return Observable(kind, plain)


def _ssdeep(text: str) -> Observable:
    plain = text.strip()
    if not _SSDEEP.fullmatch(plain):
        raise ValueError(f"{shown(text)} is not an ssdeep hash")
    return Observable("file-ssdeep", plain)


def _tlsh(text: str) -> Observable:
    plain = text.strip().upper()
    if not _TLSH.fullmatch(plain):
        raise ValueError(f"{shown(text)} is not a TLSH hash")
    return Observable("file-tlsh", "T1" + plain.removeprefix("T1"))


def _mac(text: str) -> Observable:
    plain = refang(text).lower()
    if not _MAC.fullmatch(plain):
        raise ValueError(f"{shown(text)} is not a MAC address")
    return Observable("mac-addr", plain.replace("-", ":"))


def _asn(text: str) -> Observable:
    match = _ASN.fullmatch(text.strip())
    if match is None or int(match[1]) >= 1 << 32:
        raise ValueError(f"{shown(text)} is not the number of an autonomous system")
    return Observable("autonomous-system", match[1])


def _registry_key(text: str) -> Observable:
    hive, slash, rest = _plain(text).lower().partition("\\")
    return Observable("windows-registry-key", _HIVES.get(hive, hive) + slash + rest)


def _plain(text: str) -> str:
    """Text that is kept as it is, but for blanks around it and its Unicode form."""
    plain = unicodedata.normalize("NFC", text).strip()
    if not plain or len(plain) > MAX_TEXT:
        raise ValueError(f"{shown(text)} is empty or longer than {MAX_TEXT} characters")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in plain):
        raise ValueError(f"{shown(text)} has control characters in it")
    return plain


def _made_by(kind: str, spell: Callable[[str], str]) -> Callable[[str], Observable]:
    return lambda text: Observable(kind, spell(text))


_MAKERS: Mapping[str, Callable[[str], Observable]] = MappingProxyType(
    {kind: _hash_of(kind) for kind in _HASH_LENGTHS}
    | {kind: _made_by(kind, _plain) for kind in ("file-name", "file-path", "mutex", "process-name", "user-agent")}
    | {
        "domain-name": _made_by("domain-name", internet.domain),
        "url": _made_by("url", url.url),
        "url-path": _made_by("url-path", url.url_path),
        "email-addr": _made_by("email-addr", internet.email),
        "socket-addr": _made_by("socket-addr", internet.socket),
        "ipv4-addr": _ip_of("ipv4-addr"),
        "ipv6-addr": _ip_of("ipv6-addr"),
        "file-ssdeep": _ssdeep,
        "file-tlsh": _tlsh,
        "mac-addr": _mac,
        "autonomous-system": _asn,
        "windows-registry-key": _registry_key,
        "ip": _ip,
        "host": _host,
        "hash": _hash,
    }
)
KINDS = frozenset(_MAKERS) - {"ip", "host", "hash"}
"""The types an `Observable` can have."""
