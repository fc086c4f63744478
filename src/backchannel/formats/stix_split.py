"""Cuts a JSON file of many objects into the exact bytes of each, holding only a few of them at a time.

Rules: memory is bounded by the size of a read and by the largest object allowed, whatever the size of the
file. Most of a file is cut many elements at a time: if a stretch of the list, closed by a bracket, is a JSON
list, then its elements are elements of the file. What that does not explain (the end, faults) is cut one by
one, so that a broken object costs its neighbours nothing. Nothing here decodes: an element that is cut out
may still be no JSON.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from backchannel.errors import UnreadableFile
from backchannel.formats.stix_window import (
    ENDS_EARLY,
    FIRST_NAME,
    SCALAR,
    SHALLOW,
    TEXT,
    Broken,
    Scan,
    Window,
    cut_value,
    skip_blanks,
)

_BLANKS = b" \t\r\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_GUESSES = 6
_WORTHWHILE = 1 << 12
_raw_list = msgspec.json.Decoder(list[msgspec.Raw])


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
            element = cut_value(window, max_bytes)
            yield element
            if isinstance(element, Broken) and element.last:
                return
            if window.take(b"]"):
                return
            if not window.take(b","):
                if not window.next_byte():
                    yield ENDS_EARLY
                    return
                yield Broken("json", "there is no comma between two objects")


def close(window: Window, *, bundle: bool, max_bytes: int) -> Broken | None:
    """Read what stands behind the list: the other members of the bundle, which nobody needs, and the end."""
    while bundle and window.take(b","):
        name = cut_value(window, max_bytes)
        if isinstance(name, Broken) or not window.take(b":"):
            return Broken("file-end", "the bundle is not JSON behind its list", last=True)
        if name == b'"objects"':
            return Broken("duplicate-key", "the bundle has a second list `objects`, left out", last=True)
        value = cut_value(window, max_bytes)
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
    at = skip_blanks(text, start + 1)
    other = False  # an object that says it is no bundle may have a property `objects` of its own
    while text[at : at + 1] not in {b"}", b""}:
        name = TEXT.match(text, at)
        if name is None:
            _refuse_unless_cut(text, at, allowed=b'"')
            return None
        at = skip_blanks(text, name.end())
        if text[at : at + 1] != b":":
            _refuse_unless_cut(text, at)
            return None
        at = skip_blanks(text, at + 1)
        if name.group() == b'"objects"' and text[at : at + 1] == b"[" and not other:
            return at + 1, True
        end = _value_end(text, at)
        if end is None:
            _refuse_unless_cut(text, at, allowed=text[at : at + 1] if text[at : at + 1] not in b",:]}" else b"")
            return None
        other = other or (name.group() == b'"type"' and text[at:end] != b'"bundle"')
        at = skip_blanks(text, end)
        if text[at : at + 1] == b",":
            at = skip_blanks(text, at + 1)
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
        match = TEXT.match(text, at)
        return match.end() if match else None
    if first in {b"{", b"["}:
        match = SHALLOW.match(text, at)
        return match.end() if match else Scan().run(text, at)[1]
    match = SCALAR.match(text, at)
    return match.end() if match and match.end() < len(text) else None


def _batches(window: Window, max_bytes: int) -> Iterator[bytes]:
    """As many elements as can be cut in large pieces from here on; the window is then before an element."""
    while window.waiting >= _WORTHWHILE or window.more():
        first = FIRST_NAME.match(window.bytes, skip_blanks(window.bytes, window.at))
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
