"""Cuts a JSON file of many objects into the exact bytes of each, holding only a few of them at a time.

Rules: memory is bounded by `chunk` and by the largest object allowed, whatever the size of the file. Most of
a file is cut many elements at a time: if a stretch of the list, closed by a bracket, is a JSON list, then
its elements are elements of the file. What that does not explain (the end, faults) is cut one by one by
counting brackets outside of strings, so that a broken object costs its neighbours nothing. Nothing here
decodes: an element that is cut out may still be no JSON. Every step is linear in the bytes it reads.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

import msgspec

from backchannel.errors import UnreadableFile

CHUNK: Final = 1 << 18
MAX_SCAN_DEPTH: Final = 100_000
"""Deeper than this the end of an element is not looked for: the rest of the file is given up."""

_BLANK = rb"[ \t\r\n]*+"
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_FLAT_LEVELS = 12


def _nested(levels: int) -> bytes:
    """A regular expression for a balanced value of at most so many levels; its size grows with their number."""
    expression = rb'[{\[](?:[^{}\[\]"]++|' + _STRING + rb")*+[}\]]"
    for _ in range(levels - 1):
        expression = rb'[{\[](?:[^{}\[\]"]++|' + _STRING + rb"|" + expression + rb")*+[}\]]"
    return expression


_SHALLOW = re.compile(_nested(_FLAT_LEVELS), re.DOTALL)
_TEXT = re.compile(_STRING, re.DOTALL)
_SCALAR = re.compile(rb'[^,\[\]{}" \t\r\n]++')
_SKIP = re.compile(_BLANK)
_STRING_REST = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_BETWEEN_SIGNS = re.compile(rb'(?:[^{}\[\]"]++|' + _STRING + rb")*+", re.DOTALL)
_FIRST_NAME = re.compile(rb"\{" + _BLANK + _STRING, re.DOTALL)
_GUESSES = 6
_WORTHWHILE = 1 << 12
_BLANKS = b" \t\r\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_raw_list = msgspec.json.Decoder(list[msgspec.Raw])


class Broken(NamedTuple):
    """Something in the place of an element: a rule id and a sentence. `last`: nothing after it was read."""

    rule: str
    message: str
    last: bool = False


_ENDS_EARLY = Broken("file-end", "the file ends in the middle of its list of objects", last=True)


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


class Opened(NamedTuple):
    """What a file turned out to be: a bundle, a plain list, or (`single`) one object that is no bundle."""

    bundle: bool
    single: bytes | None = None


def open_list(window: Window, *, max_bytes: int) -> Opened:
    """Go behind the bracket that opens the list of objects, if the file is no single object.

    Raises:
        UnreadableFile: the file is not JSON of objects, or no list begins within `max_bytes`.
    """
    window.more()
    if window.bytes.startswith(_BYTE_ORDER_MARK):
        window.at = len(_BYTE_ORDER_MARK)
    if window.take(b"["):
        return Opened(bundle=False)
    if window.next_byte() != b"{":
        raise UnreadableFile("the file is not JSON: it begins with neither an object nor a list")
    while (found := _find_list(window.bytes, window.at)) is None:
        if window.waiting > max_bytes:
            raise UnreadableFile(f"the file has no list of objects within its first {max_bytes} bytes")
        if not window.more():
            raise UnreadableFile("the file ends in the middle of an object")
    end, is_list = found
    whole = window.bytes[window.at : end]
    window.at = end
    if is_list:
        return Opened(bundle=True)
    if window.next_byte():
        raise UnreadableFile("there is more after the end of the object")
    return Opened(bundle=False, single=whole)


def elements(window: Window, *, max_bytes: int) -> Iterator[bytes | Broken]:
    """The elements of the list, the window being behind its opening bracket; afterwards behind the closing one.

    An element is given whole, or as `Broken` if its end cannot be told or is farther away than `max_bytes`.
    """
    if window.take(b"]"):
        return
    while True:
        yield from _batches(window, max_bytes)
        until = window.place + window.waiting
        while window.place <= until:
            element = _single(window, max_bytes)
            yield element
            if isinstance(element, Broken) and element.last:
                return
            if window.take(b"]"):
                return
            if not window.take(b","):
                if not window.next_byte():
                    yield _ENDS_EARLY
                    return
                yield Broken("json", "there is no comma between two objects")


def close(window: Window, *, bundle: bool, max_bytes: int) -> Broken | None:
    """Read what stands behind the list: the other members of the bundle, which nobody needs, and the end."""
    while bundle and window.take(b","):
        name = _single(window, max_bytes)
        if isinstance(name, Broken) or not window.take(b":"):
            return Broken("file-end", "the bundle is not JSON behind its list", last=True)
        if name == b'"objects"':
            return Broken("duplicate-key", "the bundle has a second list `objects`, left out", last=True)
        value = _single(window, max_bytes)
        if isinstance(value, Broken):
            return value._replace(last=True)
    if bundle and not window.take(b"}"):
        return Broken("file-end", "the bundle does not end properly", last=True)
    if window.next_byte():
        return Broken("file-end", "there is more behind the end of the list, left out", last=True)
    return None


def _find_list(text: bytes, start: int) -> tuple[int, bool] | None:
    """Where the list of objects of a bundle begins (and True), or where the object ends (and False).

    None: the text ends before either.
    """
    at = _skip(text, start + 1)
    other = False  # an object that says it is no bundle may have a property `objects` of its own
    while text[at : at + 1] not in {b"}", b""}:
        name = _TEXT.match(text, at)
        if name is None:
            _refuse_unless_cut(text, at, allowed=b'"')
            return None
        at = _skip(text, name.end())
        if text[at : at + 1] != b":":
            _refuse_unless_cut(text, at)
            return None
        at = _skip(text, at + 1)
        if name.group() == b'"objects"' and text[at : at + 1] == b"[" and not other:
            return at + 1, True
        end = _value_end(text, at)
        if end is None:
            _refuse_unless_cut(text, at, allowed=text[at : at + 1] if text[at : at + 1] not in b",:]}" else b"")
            return None
        other = other or (name.group() == b'"type"' and text[at:end] != b'"bundle"')
        at = _skip(text, end)
        if text[at : at + 1] == b",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != b"}":
            _refuse_unless_cut(text, at)
            return None
    return (at + 1, False) if at < len(text) else None


def _refuse_unless_cut(text: bytes, at: int, *, allowed: bytes = b"") -> None:
    """Raise, unless the text may go on properly in what was not read yet."""
    if at < len(text) and text[at : at + 1] != allowed:
        raise UnreadableFile(f"the file is not JSON: see byte {at + 1}")


def _value_end(text: bytes, at: int) -> int | None:
    first = text[at : at + 1]
    if first == b'"':
        match = _TEXT.match(text, at)
        return match.end() if match else None
    if first in {b"{", b"["}:
        match = _SHALLOW.match(text, at)
        return match.end() if match else _Scan().run(text, at)[1]
    match = _SCALAR.match(text, at)
    return match.end() if match and match.end() < len(text) else None


def _skip(text: bytes, at: int) -> int:
    match = _SKIP.match(text, at)
    return match.end() if match else at


# --- many at a time --------------------------------------------------------------------------------------------


def _batches(window: Window, max_bytes: int) -> Iterator[bytes]:
    """As many elements as can be cut in large pieces from here on; the window is then before an element."""
    while window.waiting >= _WORTHWHILE or window.more():
        first = _FIRST_NAME.match(window.bytes, _skip(window.bytes, window.at))
        if first is None or window.waiting < _WORTHWHILE:
            return
        if window.bytes.find(first.group(), first.end()) < 0 and window.waiting <= max_bytes and window.more():
            continue  # one large element: see where the next one begins
        raws = _batch(window, first.group())
        if not raws:
            return
        for raw in raws:
            yield bytes(raw)


def _batch(window: Window, first: bytes) -> list[msgspec.Raw]:
    """The elements before one of the last places that look like the beginning of another element."""
    end = len(window.bytes)
    for _ in range(_GUESSES):
        end = window.bytes.rfind(first, window.at + 1, end)
        if end < 0:
            return []
        piece = window.bytes[window.at : end].rstrip(_BLANKS)
        if not piece.endswith(b","):
            continue
        try:
            raws = _raw_list.decode(b"[" + piece[:-1] + b"]")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        window.at = end
        return raws
    return []


# --- one by one ------------------------------------------------------------------------------------------------


class _Scan:
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
                if self.depth > MAX_SCAN_DEPTH:
                    return at, None
            if self.depth <= 0 and not self._in_string:
                return at, at
        return at, None


def _single(window: Window, max_bytes: int) -> bytes | Broken:
    first = window.next_byte()
    if first in {b"{", b"[", b'"'}:
        match = (_TEXT if first == b'"' else _SHALLOW).match(window.bytes, window.at)
        if match is None:
            return _scanned(window, max_bytes, in_string=first == b'"')
        window.at = match.end()
        return match.group()
    if first in {b",", b"]"}:
        return Broken("json", "an element of the list is missing")
    if first == b"}":
        window.at += 1
        return Broken("json", "an object is closed that was not opened")
    return _scalar(window, max_bytes) if first else _ENDS_EARLY


def _scanned(window: Window, max_bytes: int, *, in_string: bool) -> bytes | Broken:
    """A string or a nested value, of any size; what is larger than `max_bytes` is passed over, not kept."""
    scan, length, end = _Scan(in_string=in_string), int(in_string), None
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
            return _ENDS_EARLY
    while end is None:
        window.at = reached
        if scan.depth > MAX_SCAN_DEPTH or not window.more():
            return _ENDS_EARLY
        reached, end = scan.run(window.bytes, window.at)
    window.at = end
    return Broken("too-large", f"the object is larger than {max_bytes} bytes")


def _scalar(window: Window, max_bytes: int) -> bytes | Broken:
    while True:
        match = _SCALAR.match(window.bytes, window.at)
        end = match.end() if match else window.at
        element = window.bytes[window.at : end]
        if end < len(window.bytes) or not window.more():
            window.at += len(element)
            return element
        if window.waiting > max_bytes:
            return Broken("too-large", f"a value is larger than {max_bytes} bytes", last=True)
