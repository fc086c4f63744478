"""Indicator lists in text: one a line, defanged or not, with comments; hosts files; Maltrail's trails.

Rules: the first word of a line is its value and the rest says something about it. Comments begin with `#`,
`;` or `//`. Maltrail's `# Reference:` lines (in all their spellings) name where the indicators below them
were published; several in a row all apply, until the next such line after an indicator, or `# Generic`,
which by Maltrail's custom heads what belongs to none. Other comments change nothing.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from backchannel.core.canonical import Observable, guess
from backchannel.formats.entries import Entry, description, not_an_indicator, reference, unreadable
from backchannel.formats.generate import ExternalReference
from backchannel.formats.items import Item
from backchannel.formats.lines import Line, read_lines

MAX_REFERENCES = 64
"""Most references that one indicator carries; a list with more in one place is not a list of references."""

COMMENT = ("#", ";", "//")
_REFERENCE = re.compile(r"[#;/]+\s*(?:Refe?r\w*|Ref)\s*:\s*(\S.*)", re.IGNORECASE)
_REFERENCE_BYTES = re.compile(rb"[#;/][ \t]*ref", re.IGNORECASE)
_ALIASES = re.compile(r"[#;/]+\s*Aliases\s*:\s*(\S.*)", re.IGNORECASE)
_GENERIC = re.compile(r"[#;/]+\s*Generic\b", re.IGNORECASE)
_LOCAL = frozenset({"0.0.0.0", "127.0.0.1", "::", "::1"})  # noqa: S104 - what hosts files begin their lines with
_BULLETS = frozenset({"-", "*", "•"})
_CELL_END = re.compile(r"[,;|]")
_CHUNK = 1 << 20


def text_entries(stream: BinaryIO) -> Iterator[Entry | Item]:
    """The entries of a text list, and an item for each line that is none."""
    references: tuple[ExternalReference, ...] = ()
    under_way = False  # an indicator stood since the last reference
    for line in read_lines(stream):
        text = line.text.strip()
        if line.problem:
            yield unreadable(line.number, line.problem, line.raw)
        elif text.startswith(COMMENT):
            found = _reference(text)
            if found is not None:
                references = ((*references, found) if not under_way else (found,))[:MAX_REFERENCES]
                under_way = False
            elif _GENERIC.match(text):
                references = ()
        elif text:
            under_way = True
            yield _entry(line, text, references)


def has_references(stream: BinaryIO) -> bool:
    """Whether a list may have reference lines; the stream is read to its end."""
    before = b""
    while chunk := stream.read(_CHUNK):
        if _REFERENCE_BYTES.search(before + chunk):
            return True
        before = chunk[-16:]
    return False


def aliases(stream: BinaryIO) -> tuple[str, ...]:
    """The other names of its threat that a list gives in an `# Aliases:` line; the stream is read up to
    there."""
    for line in read_lines(stream):
        match = _ALIASES.match(line.text)
        if match is not None:
            return tuple(name.strip() for name in match[1].split(",") if name.strip())
        if line.text.strip() and not line.text.lstrip().startswith(COMMENT):
            break
    return ()


def _reference(text: str) -> ExternalReference | None:
    match = _REFERENCE.match(text)
    return reference(match[1]) if match is not None else None


def _entry(line: Line, text: str, references: tuple[ExternalReference, ...]) -> Entry | Item:
    found = guess(text)
    if found is not None:
        return Entry(line.number, found, line.raw, "", references)
    value, _, rest = text.partition(" ") if "\t" not in text else text.replace("\t", " ").partition(" ")
    rest = rest.strip()
    if rest and (value in _BULLETS or value in _LOCAL):
        value, _, rest = rest.partition(" ")
    observable, beside = _value(value.strip("\"'"))
    if observable is None:
        return not_an_indicator(line.number, text)
    said = " ".join(part for part in (beside, rest) if part).lstrip("#;|,- ")
    return Entry(line.number, observable, line.raw, description(said), references)


def _value(word: str) -> tuple[Observable | None, str]:
    """The observable of a word, or of what stands before its first comma; and what stands behind that."""
    found = guess(word)
    if found is None and (end := _CELL_END.search(word)) is not None:
        return guess(word[: end.start()].strip("\"'")), word[end.end() :]
    return found, ""
