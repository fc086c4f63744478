"""A file as a window that moves over it, and the single JSON values that are cut out of it.

Rules: a value is found by counting brackets outside of strings; it is not decoded and may still be no JSON.
The common case, a value of few levels that is whole in the window, is one match of an expression that cannot
backtrack. What is larger than allowed is passed over without being kept. Every step is linear in the bytes
it reads.
"""

import re
from typing import BinaryIO, Final, NamedTuple

CHUNK: Final = 1 << 18
"""How many bytes are read at a time, at least."""
MAX_SCAN_DEPTH: Final = 100_000
"""Deeper than this the end of a value is not looked for: the rest of the file is given up."""

_BLANK = rb"[ \t\r\n]*+"
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_FLAT_LEVELS = 12


def _nested(levels: int) -> bytes:
    """A regular expression for a balanced value of at most so many levels; its size grows with their number."""
    expression = rb'[{\[](?:[^{}\[\]"]++|' + _STRING + rb")*+[}\]]"
    for _ in range(levels - 1):
        expression = rb'[{\[](?:[^{}\[\]"]++|' + _STRING + rb"|" + expression + rb")*+[}\]]"
    return expression


SHALLOW = re.compile(_nested(_FLAT_LEVELS), re.DOTALL)
"""A balanced object or list of a few levels."""
TEXT = re.compile(_STRING, re.DOTALL)
"""A string with its quotes."""
SCALAR = re.compile(rb'[^,\[\]{}" \t\r\n]++')
"""A number, a literal, or nonsense."""
FIRST_NAME = re.compile(rb"\{" + _BLANK + _STRING, re.DOTALL)
"""How an object begins, up to the name of its first member."""
_SKIP = re.compile(_BLANK)
_STRING_REST = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_BETWEEN_SIGNS = re.compile(rb'(?:[^{}\[\]"]++|' + _STRING + rb")*+", re.DOTALL)


class Broken(NamedTuple):
    """Something in the place of an element: a rule id and a sentence. `last`: nothing after it was read."""

    rule: str
    message: str
    last: bool = False


ENDS_EARLY = Broken("file-end", "the file ends in the middle of its list of objects", last=True)


class Window:
    """A stretch of the file: what was read and not yet used."""

    def __init__(self, stream: BinaryIO, chunk: int = CHUNK) -> None:
        self._stream = stream
        self._chunk = chunk
        self._forgotten = 0
        self.bytes = b""
        self.at = 0

    def more(self) -> bool:
        """Forget what was used and read on, as much again as is waiting; False at the end of the file."""
        self._forgotten += self.at
        waiting = self.bytes[self.at :]
        read = self._stream.read(max(self._chunk, len(waiting)))
        self.bytes, self.at = waiting + read, 0
        return bool(read)

    @property
    def waiting(self) -> int:
        """How many bytes were read and not yet used."""
        return len(self.bytes) - self.at

    @property
    def place(self) -> int:
        """How many bytes of the file were used."""
        return self._forgotten + self.at

    def next_byte(self) -> bytes:
        """Go to the next byte that is not blank and return it; empty at the end of the file."""
        while True:
            match = _SKIP.match(self.bytes, self.at)
            self.at = match.end() if match else self.at
            if self.waiting:
                return self.bytes[self.at : self.at + 1]
            if not self.more():
                return b""

    def take(self, byte: bytes) -> bool:
        """Whether the next byte that is not blank is this one; if so it is used."""
        if self.next_byte() != byte:
            return False
        self.at += 1
        return True


def skip_blanks(text: bytes, at: int) -> int:
    """The place of the next byte that is not blank."""
    match = _SKIP.match(text, at)
    return match.end() if match else at


class Scan:
    """Counts brackets outside of strings, over as many stretches of text as it takes."""

    def __init__(self, *, in_string: bool = False) -> None:
        self.depth = 0
        self._in_string = in_string

    def run(self, text: bytes, at: int) -> tuple[int, int | None]:
        """Go on from `at`: up to where the text was understood, and where the value ends, if it does."""
        while at < len(text):
            if self._in_string:
                match = _STRING_REST.match(text, at)
                at = match.end() if match else at
                if text[at : at + 1] != b'"':
                    return at, None  # the end of the text, or a backslash right before it
                self._in_string = False
                at += 1
            else:
                match = _BETWEEN_SIGNS.match(text, at)
                at = match.end() if match else at
                sign = text[at : at + 1]
                if not sign:
                    return at, None
                at += 1
                self._in_string = sign == b'"'
                self.depth += 1 if sign in b"{[" else -1 if sign in b"}]" else 0
            if self.depth <= 0 and not self._in_string:
                return at, at
        return at, None


def cut_value(window: Window, max_bytes: int) -> bytes | Broken:
    """The next value of the file, whole; or what stands in its place."""
    first = window.next_byte()
    if first in {b"{", b"[", b'"'}:
        match = (TEXT if first == b'"' else SHALLOW).match(window.bytes, window.at)
        if match is None:
            return _scanned(window, max_bytes, in_string=first == b'"')
        window.at = match.end()
        return match.group()
    if first in {b",", b"]"}:
        return Broken("json", "an element of the list is missing")
    if first == b"}":
        window.at += 1
        return Broken("json", "an object is closed that was not opened")
    return _scalar(window, max_bytes) if first else ENDS_EARLY


def _scanned(window: Window, max_bytes: int, *, in_string: bool) -> bytes | Broken:
    """A string or a nested value, of any size; what is larger than `max_bytes` is passed over, not kept."""
    scan, length, end = Scan(in_string=in_string), int(in_string), None
    while True:
        reached, end = scan.run(window.bytes, window.at + length)
        length = reached - window.at
        if length > max_bytes:
            break
        if end is not None:
            element = window.bytes[window.at : end]
            window.at = end
            return element
        if scan.depth > MAX_SCAN_DEPTH:
            return Broken("too-deep", f"an object is nested deeper than {MAX_SCAN_DEPTH} levels", last=True)
        if not window.more():
            return ENDS_EARLY
    while end is None:
        window.at = reached
        if scan.depth > MAX_SCAN_DEPTH or not window.more():
            return ENDS_EARLY
        reached, end = scan.run(window.bytes, window.at)
    window.at = end
    return Broken("too-large", f"the object is larger than {max_bytes} bytes")


def _scalar(window: Window, max_bytes: int) -> bytes | Broken:
    while True:
        match = SCALAR.match(window.bytes, window.at)
        end = match.end() if match else window.at
        element = window.bytes[window.at : end]
        if end < len(window.bytes) or not window.more():
            window.at += len(element)
            return element
        if window.waiting > max_bytes:
            return Broken("too-large", f"a value is larger than {max_bytes} bytes", last=True)
