"""Finding marks in what leaked, however it is written: in text, tables, logs, JSON, of any size and any encoding.

Rules: a mark is the first label of a canary's name, or the UUID of one of its objects. Both are letters and digits
joined by single hyphens, so that whatever a name is wrapped in (a URL, brackets around its dots, a longer name,
quotes, a file's binary rubbish) is beside the point. Upper case, wide letters, other hyphens, invisible characters,
escapes of hyphens and UTF-16 are undone. Bytes are read in pieces, of which little is kept: memory does not grow with
the input, nor with how long a run of letters in it is. What is packed, encrypted or a picture is not looked into.
"""

import re
import unicodedata
from collections import deque
from collections.abc import Collection, Iterator
from typing import NamedTuple

from backchannel.core.stix_ids import ID

PIECE = 1 << 16
"""Bytes to feed at a time; more costs more memory."""

KEPT = 600
"""Characters of the end of a piece that are looked at again with the next: longer than any mark or id."""

# What is matched is not given up again (`++`): a long run costs no more than its length.
_RUN = re.compile(r"(?<![a-z0-9])[a-z0-9]++(?:-[a-z0-9]++)+")
_NAMED = re.compile(rf'"id"\s{{0,8}}:\s{{0,8}}"({ID})"')
_UUID_PARTS = 5
_ESCAPED = re.compile(r"%2d|=2d|\\u(?:002d|201[0-5])|&#45;|&#x2d;|&hyphen;")
_SPELT: dict[int, str | None] = dict.fromkeys((*range(0x2010, 0x2016), 0x2043, 0x2212), "-")
_SPELT |= dict.fromkeys((0x00AD, *range(0x200B, 0x2010), *range(0x2060, 0x2065), 0xFEFF))  # not to be seen
_LINES, _WORDS = "\n,{}", " \t;'<>()[]/=|"
"""What ends a line or a property, where a piece is cut rather, and what ends a word."""


class Place(NamedTuple):
    """Where a mark was found: the line, from 1, and the STIX object that was named last before it, or ''."""

    mark: str
    line: int
    object: str


class Search:
    """A search through one text or file, in pieces: `feed` them, then `end`. The `marks` are in lower case."""

    def __init__(self, marks: Collection[str]) -> None:
        self._marks = frozenset(marks)
        self._rest, self._seen = "", 0
        self._bytes = b""
        self._object = ""
        self.line = 1

    def feed(self, piece: bytes) -> Iterator[Place]:
        """What is found in the next piece, but for what may go on in the one after it."""
        data = self._bytes + piece.replace(b"\0", b"")  # UTF-16 of plain letters is the letters, with zeros between
        cut = _whole_characters(data)
        self._bytes = data[cut:]
        text = self._rest + plain(data[:cut].decode("utf-8", "replace"))
        end = _last_break(text)
        if end is not None:
            yield from self._look(text, end)
            self._rest, self._seen = text[end:], 0
        elif len(text) > KEPT:
            yield from self._look(text, len(text))
            # It may go on: its end is looked at again, and what was found there already is not told twice.
            self._rest, self._seen = text[-KEPT:], KEPT
        else:
            self._rest = text

    def end(self) -> Iterator[Place]:
        """What is found in what was left."""
        text = self._rest + plain(self._bytes.decode("utf-8", "replace"))
        self._rest, self._bytes = "", b""
        yield from self._look(text, len(text))

    def _look(self, text: str, end: int) -> Iterator[Place]:
        named = deque((found.end(), found[1]) for found in _NAMED.finditer(text, 0, end))
        at = 0
        for run in _RUN.finditer(text, 0, end):
            for start, mark in self._in(run[0]):
                if run.start() + start + len(mark) <= self._seen:
                    continue
                while named and named[0][0] <= run.end() + 1:
                    self._object = named.popleft()[1]
                self.line += text.count("\n", at, run.start())
                at = run.start()
                yield Place(mark, self.line, self._object)
        self.line += text.count("\n", at, end)
        self._object = named[-1][1] if named else self._object

    def _in(self, run: str) -> Iterator[tuple[int, str]]:
        """The marks in a run, each with where it begins."""
        parts, start = run.split("-"), 0
        for number, part in enumerate(parts):
            found = "-".join(parts[number : number + 2])
            if found not in self._marks and len(part) == len("00000000"):
                found = "-".join(parts[number : number + _UUID_PARTS])
            if found in self._marks:
                yield start, found
            start += len(part) + 1


def plain(text: str) -> str:
    """A text in the one spelling that marks are looked for in; line ends stay."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_SPELT)).translate(_SPELT)
    text = text.lower()
    return _ESCAPED.sub("-", text) if any(sign in text for sign in ("2d", "\\u201", "&")) else text


def _whole_characters(data: bytes) -> int:
    """How many bytes come before a character of UTF-8 (four bytes at most) that is cut off at the end."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(data) - back if length > back else len(data)
        if byte < 0x80:
            break
    return len(data)


def _last_break(text: str) -> int | None:
    """Where to cut, so that nothing that is looked for is cut in two; None if there is no such place near the end."""
    first = max(0, len(text) - KEPT)
    for breaks in (_LINES, _WORDS) if first else (_LINES,):
        place = max(text.rfind(one, first) for one in breaks)
        if place >= 0:
            return place + 1
    return None
