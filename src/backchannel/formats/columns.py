"""The columns of a CSV list of indicators: which hold values, of what type, and which say more about them.

Rules: a table is known by its header, in the first line or in the last comment above the first row (as
abuse.ch writes it). One column of mixed values (`indicator`, with a `type` beside it or none) goes before
columns named after a type (`md5`, `sha256`, `domain`); without either it is no table of indicators.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec

from backchannel.core.canonical import KINDS, guess

DELIMITERS = (",", "\t", ";", "|")
MAX_COLUMNS = 256

_VALUE_NAMES = frozenset(
    {"value", "indicator", "ioc", "observable", "indicatorvalue", "iocvalue", "iocs", "indicators"}
)
_TYPE_NAMES = frozenset({"type", "indicatortype", "ioctype", "observabletype", "kind"})
_DESCRIPTION_NAMES = frozenset({"description", "comment", "comments", "note", "notes"})
_REFERENCE_NAMES = frozenset({"reference", "references", "source", "sourceurl", "link", "report", "urlhauslink"})
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")
_KIND_OF_NAME: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("domain", "domains", "hostname", "host", "fqdn", "hostnames", "hosts", "domainip"), "host")
    | dict.fromkeys(("ip", "ips", "ipaddress", "dstip", "srcip", "ipdst", "ipsrc", "ipv4", "ipv6"), "ip")
    | dict.fromkeys(("url", "urls", "uri"), "url")
    | dict.fromkeys(("email", "emailaddress", "emailsrc", "emaildst"), "email-addr")
    | dict.fromkeys(("ipport", "socket"), "socket-addr")
    | dict.fromkeys(("hash", "filehash", "hashes"), "hash")
    | dict.fromkeys(("md5", "md5hash", "filehashmd5"), "file-md5")
    | dict.fromkeys(("sha1", "sha1hash", "filehashsha1"), "file-sha1")
    | dict.fromkeys(("sha256", "sha256hash", "filehashsha256"), "file-sha256")
    | dict.fromkeys(("sha512", "sha512hash", "filehashsha512"), "file-sha512")
    | dict.fromkeys(("regkey", "registrykey"), "windows-registry-key")
    | {
        "ssdeep": "file-ssdeep",
        "tlsh": "file-tlsh",
        "imphash": "file-imphash",
        "mac": "mac-addr",
        "asn": "autonomous-system",
    }
)
_KIND_OF_TYPE: Mapping[str, str] = MappingProxyType(
    {_NOT_LETTERS.sub("", kind): kind for kind in KINDS}
    | {"filename": "file-name", "filepath": "file-path"}
    | dict(_KIND_OF_NAME)
)


class Columns(msgspec.Struct, frozen=True):
    """Where the values of a table are: `values` maps a column to the kind of its values, None for any
    kind."""

    delimiter: str
    names: tuple[str, ...]
    values: Mapping[int, str | None]
    type: int | None = None
    description: int | None = None
    reference: int | None = None


def cells(text: str, delimiter: str) -> list[str]:
    """The cells of one record.

    Raises:
        ValueError: not CSV (a quote that is not closed), or more than `MAX_COLUMNS` cells.
    """
    if '"' not in text and "\r" not in text and "\n" not in text:
        row = [cell.strip() for cell in text.split(delimiter)]
        return _bounded(row)
    try:
        rows = list(
            csv.reader(
                [f"{line}\n" for line in text.split("\n")],
                delimiter=delimiter,
                skipinitialspace=delimiter != "\t",
                strict=True,
            )
        )
    except csv.Error as error:
        raise ValueError(f"not CSV: {error}") from None
    if len(rows) > 1:
        raise ValueError("not one record of CSV")
    return _bounded([cell.strip() for cell in rows[0]] if rows else [])


def _bounded(row: list[str]) -> list[str]:
    if len(row) > MAX_COLUMNS:
        raise ValueError(f"more than {MAX_COLUMNS} cells in one row")
    return row


def kind_of_type(name: str) -> str | None:
    """The kind of observable that a type column names, in the words of STIX, MISP, OTX and others."""
    return _KIND_OF_TYPE.get(_key(name))


def find_columns(comment: str, first: str) -> Columns | None:
    """The columns of a table, from the last comment (without its mark) and the first line that is no
    comment."""
    for delimiter in DELIMITERS:
        row = _cells_or_none(first, delimiter) or []
        above = _cells_or_none(comment, delimiter) or []
        found = _columns(above, delimiter) if len(above) == len(row) > 1 else None
        if found is None and not any(map(guess, row)):  # a first row that holds a value is no header
            found = _columns(row, delimiter)
        if found is not None:
            return found
    return None


def _cells_or_none(text: str, delimiter: str) -> list[str] | None:
    try:
        return cells(text, delimiter)
    except ValueError:
        return None


def _columns(row: Sequence[str], delimiter: str) -> Columns | None:
    keys = [_key(name) for name in row]
    mixed = _first(keys, _VALUE_NAMES)
    typed = {place: _KIND_OF_NAME[key] for place, key in enumerate(keys) if key in _KIND_OF_NAME}
    if mixed is None and not typed:
        return None
    values: dict[int, str | None] = {mixed: None} if mixed is not None else dict(typed)
    return Columns(
        delimiter=delimiter,
        names=tuple(row),
        values=MappingProxyType(values),
        type=_first(keys, _TYPE_NAMES) if mixed is not None else None,
        description=_first(keys, _DESCRIPTION_NAMES),
        reference=_first(keys, _REFERENCE_NAMES),
    )


def _first(keys: Sequence[str], names: frozenset[str]) -> int | None:
    return next((place for place, key in enumerate(keys) if key in names), None)


def _key(name: str) -> str:
    return _NOT_LETTERS.sub("", name.casefold())
