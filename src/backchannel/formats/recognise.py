"""What kind of file this is, by its content and not by its name.

Rules: the first 64 KiB decide and nothing is parsed to its end, because a file may be as large as it likes.
What is no kind that can be imported is refused with what it looks like, so that the analyst knows what to do
about it. Prose and web pages are kinds too; whether one is a press report, its content cannot say
(`formats.reading.kind_of`).
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from backchannel.core.assess.set_aside import is_full
from backchannel.core.canonical import guess
from backchannel.core.text import printable
from backchannel.errors import UnreadableFile
from backchannel.formats.columns import find_columns

HEAD_SIZE = 64 * 1024
"""How many bytes of a file are enough to recognise it."""


class Kind(StrEnum):
    """A kind of file that can be imported."""

    STIX = "stix"
    MISP = "misp"
    CSV = "csv"
    LIST = "list"
    PROSE = "prose"
    PAGE = "page"


PRESS = frozenset({Kind.PROSE, Kind.PAGE})
"""What may be a press report."""

_MAGIC = (
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"PK\x03\x04", "a zip archive or an Office document; unpack or export it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive; unpack it first"),
    (b"BZh", "a bzip2 archive; unpack it first"),
    (b"\xfd7zXZ", "an xz archive; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x7fELF", "a program (ELF)"),
    (b"MZ", "a program (Windows)"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\xd0\xcf\x11\xe0", "an old Office document; export it first"),
    (b"{\\rtf", "an RTF document"),
    (b"\xff\xfe", "text in UTF-16; save it as UTF-8"),
    (b"\xfe\xff", "text in UTF-16; save it as UTF-8"),
    (b"-----BEGIN ", "a key, certificate or signature"),
)
UTF_16 = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
"""How text in UTF-16 begins if it says so, and how to read it."""

_PAGE_TAGS = frozenset({"html", "head", "body", "title", "meta", "article", "div", "p", "h1"})
_PAGE = re.compile(r"<html[\s>]", re.IGNORECASE)
_MARKUP = re.compile(r"\s*<(?:!doctype\s+)?([a-z0-9:_?!-]{1,40})", re.IGNORECASE)
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([\[\]{}:,])|[^\s"\[\]{}:,]+', re.DOTALL)
_JSON_START = re.compile(r'\s*(?:\{\s*["}]|\[\s*[\[{\]"])')
_STIX_ID = re.compile(r"[a-z0-9-]{1,250}--")
_MISP_WRAPPERS = frozenset({"Event", "response"})
_MISP_KEYS = frozenset({"Attribute", "Object", "Orgc", "Org", "Tag", "Galaxy", "threat_level_id", "analysis", "info"})
_CELL_END = re.compile(r"[,;|]")
_PROSE_RATIO = 10
"""A text with fewer indicators than one in so many lines is prose: a licence or a report, not a list."""
_BLANKS = 3
"""A sentence has so many blanks at least; one endless word is none."""
_COMMENT = ("#", ";", "//")


class _Member(NamedTuple):
    """A member of a JSON object in the head: its depth, its key, and its value where that is a string."""

    depth: int
    key: str
    value: str


def recognise(head: bytes) -> Kind:
    """The kind of a file, from its first `HEAD_SIZE` bytes (or all of it, if it is shorter).

    Raises:
        UnreadableFile: it is none of the kinds; the message says what it looks like, and goes after the
        file's name.
    """
    head = head[:HEAD_SIZE]
    whole = len(head) < HEAD_SIZE
    for mark, encoding in UTF_16:
        if head.startswith(mark):
            text = head[len(mark) :].decode(encoding, errors="ignore")
            if is_page(text) or _is_prose(text, whole=whole):
                return Kind.PAGE if is_page(text) else Kind.PROSE
    head = head.removeprefix(b"\xef\xbb\xbf")
    refuse_binary(head)
    text = head.decode(errors="replace")
    if _JSON_START.match(text):
        return _kind_of_json(text)
    if is_page(text):
        return Kind.PAGE
    if _MARKUP.match(text) is not None:
        raise UnreadableFile(f"it looks like {_markup_name(text)}")
    return _kind_of_text(text, whole=whole)


def is_page(text: str) -> bool:
    """Whether a text begins as a web page does."""
    markup = _MARKUP.match(text)
    return markup is not None and (markup[1].lower() in _PAGE_TAGS or _PAGE.search(text, 0, 2048) is not None)


def refuse_binary(head: bytes) -> None:
    """Look at the first bytes of a file that should be text in UTF-8.

    Raises:
        UnreadableFile: it is empty, or begins as something else does.
    """
    if not head.strip():
        raise UnreadableFile("it is empty")
    for magic, name in _MAGIC:
        if head.startswith(magic):
            raise UnreadableFile(f"it looks like {name}")
    if head.count(0, 0, 512) > 100:
        raise UnreadableFile("it looks like text in UTF-16 or a binary file; save it as UTF-8")
    if head.count(0) > len(head) // 100 + 8:
        raise UnreadableFile("it looks like a binary file")


def _markup_name(text: str) -> str:
    if "stix_package" in text.casefold():
        return "STIX 1 (XML); convert it to STIX 2.1 first"
    return "XML or HTML"


def _kind_of_json(text: str) -> Kind:
    members = list(_members(text))
    keys = {member.key for member in members}
    if any(_says_stix(member) for member in members):
        return Kind.STIX
    if keys & _MISP_WRAPPERS or len(keys & _MISP_KEYS) >= 2:
        return Kind.MISP
    named = ", ".join(printable(key, 30) for key in sorted(keys)[:5]) or "none"
    raise UnreadableFile(f"it is JSON, but neither STIX nor a MISP event (its first keys: {named})")


def _says_stix(member: _Member) -> bool:
    if member.key == "id":
        return _STIX_ID.match(member.value) is not None
    return (member.key, member.value) in {
        ("type", "bundle"),
        ("spec_version", "2.0"),
        ("spec_version", "2.1"),
    }


def _members(text: str) -> Iterator[_Member]:
    """The members of the outermost object, of the objects of an outermost list, and those in `objects` and
    `response`: at most three levels of nesting."""
    depth = 0
    key: str | None = None
    last: str | None = None
    for token in _TOKEN.finditer(text):
        string, mark = token[1], token[2]
        if mark == ":":
            key, last = last, None
            if key is not None and depth <= 3:
                yield _Member(depth, key, _string_after(text, token.end()))
        elif mark is not None:
            depth += (mark in "[{") - (mark in "]}")
            last = None
        else:
            last = string


def _string_after(text: str, place: int) -> str:
    match = _TOKEN.search(text, place)
    return (match[1] or "") if match is not None and match.start() - place < 64 else ""


def _kind_of_text(text: str, *, whole: bool) -> Kind:
    lines = text.split("\n")
    if not whole:
        lines.pop()
    comment = ""
    for line in map(str.strip, lines):
        if line.startswith(_COMMENT):
            comment = line.lstrip("#;/ ") or comment
        elif line:
            if find_columns(comment, line) is not None:
                return Kind.CSV
            break
    said = [line for line in lines if line.strip() and not line.lstrip().startswith(_COMMENT)]
    entries = sum(map(_is_entry, said))
    if entries and entries * _PROSE_RATIO >= len(said):
        return Kind.LIST
    if _is_prose(text, whole=whole):
        return Kind.PROSE
    raise UnreadableFile("it is text in which hardly a line is an indicator")


def _is_prose(text: str, *, whole: bool) -> bool:
    """Whether there is a line that reads like a full sentence."""
    lines = text.splitlines()
    complete = lines if whole or len(lines) == 1 else lines[:-1]
    return any(line.count(" ") >= _BLANKS and is_full(line.strip()) for line in complete)


def _is_entry(line: str) -> bool:
    """Whether a line is an indicator, alone or with something beside it, and not a sentence with a name in
    it."""
    words = line.split(None, 2)
    value = words[0].rstrip(",;")
    if guess(value) is None:
        value = _CELL_END.split(value, 1)[0].strip("\"'")
    return guess(value) is not None and (len(words) < 3 or "\t" in line or words[1].startswith("#"))
