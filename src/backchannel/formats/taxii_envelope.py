"""An envelope of a TAXII server, read as a stream: the exact bytes of its objects, and whether there is more.

Rules: memory is bounded by the largest object allowed, not by the envelope. An object that is broken costs its
neighbours nothing; what is broken about the envelope itself is `UnreadableFile`, and nothing that comes behind it
counts. Unknown members are passed over.
Source: TAXII 2.1, section 3.7 (envelope).
"""

from collections.abc import Iterator
from typing import BinaryIO, TypeVar

import msgspec

from backchannel.core.conformance import finding
from backchannel.core.text import shown
from backchannel.errors import UnreadableFile
from backchannel.formats import stix_split
from backchannel.formats.stix import LIMITS, Cut
from backchannel.formats.stix_window import Broken, Window, cut_value

MAX_MEMBER = 64 * 1024
"""Largest member in bytes beside the list of objects."""

MAX_CURSOR = 4096
"""Longest cursor in characters that is taken: it has to fit into a URL."""

_Kind = TypeVar("_Kind")


class Envelope:
    """The envelope in a file. `cuts` gives its objects; `more` and `cursor` are known when it has come to its end.
    `first` is the place that the first object counts as."""

    def __init__(self, file: BinaryIO, first: int = 0) -> None:
        self._window = Window(file)
        self._place = first
        self._seen: set[bytes] = set()
        self.more = False
        self.cursor = ""

    def cuts(self) -> Iterator[Cut]:
        """The objects, in order.

        Raises:
            UnreadableFile: it is no envelope, breaks off, or says something twice.
        """
        window = self._window
        window.more()
        if not window.take(b"{"):
            raise UnreadableFile("it is no JSON object")
        if not window.take(b"}"):
            yield from self._member()
            while window.take(b","):
                yield from self._member()
            if not window.take(b"}"):
                raise UnreadableFile("it breaks off, or is not JSON")
        if window.next_byte():
            raise UnreadableFile("something comes behind its end")

    def _member(self) -> Iterator[Cut]:
        window = self._window
        name = cut_value(window, MAX_MEMBER)
        if isinstance(name, Broken) or not name.startswith(b'"') or not window.take(b":"):
            raise UnreadableFile("it is not JSON")
        if name in self._seen:
            raise UnreadableFile(f"it says {shown(name.decode(errors='replace'))} twice")
        self._seen.add(name)
        if len(self._seen) > 100:
            raise UnreadableFile("it has more members than any envelope")
        if name == b'"objects"':
            yield from self._objects()
            return
        value = cut_value(window, MAX_MEMBER)
        if isinstance(value, Broken):
            raise UnreadableFile(f"its member {shown(name.decode(errors='replace'))} is not JSON, or too long")
        if name == b'"more"':
            self.more = _decoded(value, bool)
        elif name == b'"next"':
            self.cursor = "" if value == b"null" else _decoded(value, str)
            if len(self.cursor) > MAX_CURSOR:
                raise UnreadableFile("its cursor (`next`) is too long")

    def _objects(self) -> Iterator[Cut]:
        if not self._window.take(b"["):
            raise UnreadableFile("its `objects` are no list")
        for element in stix_split.elements(self._window, max_bytes=LIMITS.object_bytes):
            if isinstance(element, Broken):
                if element.last:
                    raise UnreadableFile("it breaks off within its objects")
                yield Cut(self._place, finding(element.rule, element.message))
            else:
                yield Cut(self._place, element)
            self._place += 1


def _decoded(value: bytes, kind: type[_Kind]) -> _Kind:
    try:
        return msgspec.json.decode(value, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UnreadableFile(f"its members have other types than they should: {shown(repr(value[:60]))}") from None
