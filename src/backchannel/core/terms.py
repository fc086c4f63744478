"""The terms of an agreement: written as TOML, signed as canonical JSON, checked the same way from either
side.

Rules: an unknown field is refused with the one that was probably meant; every refusal names line and field.
Times are kept in UTC to the second. The canonical form is RFC 8785 JSON with every field in it; bytes that
are not in that form are refused, so that one content has one id. Nothing is read from the clock.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args, get_type_hints

import msgspec
import rfc8785

from backchannel.core.term_fields import (
    DEFAULT_TYPES,
    Handling,
    Matching,
    Parties,
    Quota,
    Record,
    Requests,
    Retention,
    Scope,
    Terms,
)
from backchannel.core.term_rules import problems, suggestion
from backchannel.core.terms_text import HALF_A_YEAR, prose, template
from backchannel.core.text import printable
from backchannel.errors import BadTerms

__all__ = [
    "DEFAULT_TYPES",
    "Handling",
    "Matching",
    "Parties",
    "Quota",
    "Record",
    "Requests",
    "Retention",
    "Scope",
    "Terms",
    "canonical",
    "from_canonical",
    "parse",
    "prose",
    "template",
    "terms_id",
]

MAX_BYTES = 64 * 1024
"""Longest document of terms, in either form."""

_HEADER = re.compile(r"\s*+\[{1,2}([^\[\]]+)\]{1,2}\s*+(?:#.*)?")
_ASSIGNMENT = re.compile(r"\s*+([\w\"'.\- ]++)=")
_SYNTAX = re.compile(r"(.*) \(at line (\d+), column \d+\)", re.DOTALL)
_AT = re.compile(r"(.*?)(?: - at `\$\.?(.*)`)?", re.DOTALL)
_FILLED = frozenset({"us", "them"})
_OUR_FIELDS = frozenset({"predecessor"})
_BLANK_KEYS = frozenset({"", "…", "..."})


def parse(
    text: str,
    *,
    proposer: str,
    accepter: str,
    now: datetime,
    predecessor: str = "",
    before: Terms | None = None,
) -> Terms:
    """Terms from the TOML that an officer wrote.

    `proposer` and `accepter` are party keys from the key cards; `predecessor` is the id of the version that
    these terms replace, `before` that version. What the file leaves out has the defaults of `core.term_fields`;
    title and dates are those of `before`, or else made from the threats, now, and half a year later.

    Raises:
        BadTerms: with line, field and reason.
    """
    table = _toml(text)
    lines = _Lines(text)
    _known_fields(table, Terms, (), lines)
    _filled(table.pop("parties", {}), proposer, accepter, lines)
    table = _normal(table, (), lines)
    table["parties"] = {"proposer": proposer, "accepter": accepter}
    table["predecessor"] = predecessor
    _defaults(table, now, before, lines)
    try:
        terms = msgspec.convert(table, Terms)
    except msgspec.ValidationError as error:
        raise _mistyped(error, lines) from None
    for problem in problems(terms, now):
        raise BadTerms(f"{lines.at(problem.field)}{problem.field}: {problem.message}")
    return terms


def canonical(terms: Terms) -> bytes:
    """The bytes that are signed: RFC 8785 JSON with every field."""
    return rfc8785.dumps(msgspec.to_builtins(terms))


def terms_id(document: bytes) -> str:
    """The id of a version of terms: SHA-256 of its canonical bytes, in hex. The first version's names the
    agreement."""
    return hashlib.sha256(document).hexdigest()


def from_canonical(document: bytes, *, now: datetime | None = None) -> Terms:
    """Terms from their canonical bytes, ours or a counterpart's, with all checks of `parse`.

    Without `now` the two checks that need the time are left out: terms that are over can still be read.

    Raises:
        BadTerms: too long, not canonical, an unknown field, or a value that terms may not have.
    """
    if len(document) > MAX_BYTES:
        raise BadTerms(f"the terms have {len(document)} bytes; {MAX_BYTES} at most")
    try:
        terms = msgspec.json.decode(document, type=Terms)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadTerms(f"the terms cannot be read: {printable(str(error), 200)}") from None
    for problem in problems(terms, now):
        raise BadTerms(f"{problem.field}: {problem.message}")
    if canonical(terms) != document:
        raise BadTerms("the terms are not in canonical form, so their id would be ambiguous")
    return terms


# --- from TOML ----------------------------------------------------------------------------------------------


class _Lines:
    """Where each field stands in a TOML text."""

    def __init__(self, text: str) -> None:
        self._numbers: dict[str, int] = {}
        table = ""
        for number, line in enumerate(text.splitlines(), 1):
            if header := _HEADER.fullmatch(line):
                table = _plain(header[1])
                self._numbers.setdefault(table, number)
            elif assignment := _ASSIGNMENT.match(line):
                name = _plain(assignment[1])
                self._note(f"{table}.{name}" if table else name, number)

    def _note(self, field: str, number: int) -> None:
        while field:
            self._numbers.setdefault(field, number)
            field = field.rpartition(".")[0]

    def at(self, field: str) -> str:
        """`line N: ` of a field, else of the table it belongs to, else nothing."""
        field = field.partition("[")[0]
        while field:
            if field in self._numbers:
                return f"line {self._numbers[field]}: "
            field = field.rpartition(".")[0]
        return ""


def _plain(dotted: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in dotted.split("."))


def _toml(text: str) -> dict[str, Any]:
    if len(text) > MAX_BYTES:
        raise BadTerms(f"the terms have {len(text)} characters; {MAX_BYTES} at most")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _SYNTAX.fullmatch(str(error))
        if found is None:
            last = len(text.splitlines())
            raise BadTerms(f"line {last}: not TOML: {printable(str(error), 200)}") from None
        raise BadTerms(f"line {found[2]}: not TOML: {printable(found[1], 200)}") from None
    except RecursionError:
        raise BadTerms("not terms: nested too deep") from None


def _known_fields(table: Mapping[str, Any], form: Any, path: tuple[str, ...], lines: _Lines) -> None:
    """Refuse fields that the form does not have, down to the tables in it."""
    hints = get_type_hints(form)
    names = _FILLED if form is Parties else hints.keys() - _OUR_FIELDS
    for name, inner in table.items():
        field = ".".join((*path, name))
        if name not in names:
            raise BadTerms(f"{lines.at(field)}unknown field '{printable(field)}'{suggestion(name, names)}")
        struct = _struct_in(hints.get(name))
        if struct is None:
            continue
        if not isinstance(inner, Mapping):
            raise BadTerms(f"{lines.at(field)}{field}: must be a table, [{field}]")
        _known_fields(inner, struct, (*path, name), lines)


def _struct_in(hint: Any) -> Any:
    return next((one for one in (hint, *get_args(hint)) if hasattr(one, "__struct_fields__")), None)


def _filled(parties: Mapping[str, Any], proposer: str, accepter: str, lines: _Lines) -> None:
    """`us` and `them` come from the key cards: a file may leave them out, or say the same."""
    for name, key in (("us", proposer), ("them", accepter)):
        if parties.get(name, "") not in {*_BLANK_KEYS, key}:
            raise BadTerms(f"{lines.at(f'parties.{name}')}parties.{name}: is filled from the key card: leave it out")


def _normal(table: Mapping[str, Any], path: tuple[str, ...], lines: _Lines) -> dict[str, Any]:
    """The table with all times in UTC to the second; a date alone is its midnight."""
    normal: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            normal[name] = _normal(value, (*path, name), lines)
        elif isinstance(value, datetime):
            field = ".".join((*path, name))
            if value.tzinfo is None:
                raise BadTerms(f"{lines.at(field)}{field}: has no time zone: end it with Z for UTC")
            normal[name] = _to_the_second(value, field, lines)
        elif isinstance(value, date):
            normal[name] = datetime(value.year, value.month, value.day, tzinfo=UTC)
        else:
            normal[name] = value
    return normal


def _to_the_second(value: datetime, field: str, lines: _Lines) -> datetime:
    try:
        return value.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise BadTerms(f"{lines.at(field)}{field}: is out of range") from None


def _defaults(table: dict[str, Any], now: datetime, before: Terms | None, lines: _Lines) -> None:
    scope = table.get("scope", {})
    if not scope.get("threats"):
        where = lines.at("scope.threats")
        raise BadTerms(f'{where}scope.threats: name at least one threat, as in threats = ["Name"]')
    if before is not None:
        # They say when and what for, not how much: who leaves them out means no change.
        kept = {"title": before.title, "valid_from": before.valid_from, "valid_until": before.valid_until}
        table.update({name: table.get(name, value) for name, value in kept.items()})
    start = table.setdefault("valid_from", now.astimezone(UTC).replace(microsecond=0))
    if isinstance(start, datetime):
        table.setdefault("valid_until", _later(start))
    threats = [one for one in scope["threats"] if isinstance(one, str)] if isinstance(scope["threats"], list) else []
    table.setdefault("title", f"Exchange on {', '.join(threats)}"[:100])


def _later(start: datetime) -> datetime:
    try:
        return start + timedelta(days=HALF_A_YEAR)
    except OverflowError:
        return start


def _mistyped(error: msgspec.ValidationError, lines: _Lines) -> BadTerms:
    found = _AT.fullmatch(str(error))
    message, field = (found[1], found[2] or "") if found else (str(error), "")
    field = field.replace("[...]", "").strip(".")
    reason = message[:1].lower() + message[1:].replace("`", "")
    for ours, theirs in (("array", "list"), ("object", "table"), ("str", "text"), ("int", "number")):
        reason = re.sub(rf"\b{ours}\b", theirs, reason)
    return BadTerms(f"{lines.at(field)}{field}: {printable(reason, 200)}")
