"""STIX in: a bundle, a list of objects or a single object, read as a stream of objects with their exact bytes.

Rules: memory is bounded by the largest object allowed and not by the file. What is wrong with one object is
a finding in its place and costs its neighbours nothing; `UnreadableFile` is raised only before the first
object. Nothing is judged here but JSON itself: `formats.schemas` judges STIX 2.1, `formats.upgrade` turns
2.0 into it.
Source: STIX 2.1, section 8 (bundle); STIX 2.0, part 1, section 5; RFC 8259.
"""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

import msgspec

from backchannel.core import stix_json
from backchannel.core.conformance import Finding, finding
from backchannel.core.stix import MAX_DEPTH, StixObject
from backchannel.core.stix_ids import CONTRIBUTING
from backchannel.core.text import printable
from backchannel.formats import stix_split
from backchannel.formats.stix_window import Broken, Window

MIB = 1 << 20

_decoder = msgspec.json.Decoder(dict)


class Limits(msgspec.Struct, frozen=True):
    """How large what comes in may be: an object in bytes, and how deep its JSON may be nested."""

    object_bytes: int = 16 * MIB
    depth: int = MAX_DEPTH


LIMITS = Limits()
"""What is taken in if nothing else is said."""


class RawItem(msgspec.Struct, frozen=True):
    """One element of a bundle: its place from 0 and either the decoded object or what is wrong with its JSON.

    `raw` are its bytes as they stand in the file (empty where its end could not be told).
    """

    index: int
    raw: bytes
    object: StixObject | None = None
    fault: Finding | None = None

    @property
    def version(self) -> str:
        """The version of STIX that the object is written in: "2.0" or "2.1"."""
        return "2.1" if self.object is None else version_of(self.object.value)


class Cut(NamedTuple):
    """One element of a bundle before it is decoded: its place from 0, and its bytes or why it could not be cut."""

    place: int
    found: bytes | Finding


def read_bundle(stream: BinaryIO, *, limits: Limits = LIMITS) -> Iterator[RawItem]:
    """Every object of a bundle, a list or a file with one object, in order.

    Raises:
        UnreadableFile: the file is not JSON of objects. Only before the first item.
    """
    return (read_element(cut, limits) for cut in cut_bundle(stream, limits=limits))


def read_element(cut: Cut, limits: Limits = LIMITS) -> RawItem:
    """One element of a bundle, decoded if its JSON is sound."""
    if isinstance(cut.found, bytes):
        return _item(cut.place, cut.found, limits)
    return RawItem(cut.place, b"", None, cut.found)


def cut_bundle(stream: BinaryIO, *, limits: Limits = LIMITS) -> Iterator[Cut]:
    """The elements of a bundle, a list or a file with one object, in order; nothing is decoded yet.

    Raises:
        UnreadableFile: the file is not JSON of objects. Only before the first element.
    """
    window = Window(stream)
    opened = stix_split.open_list(window, max_bytes=limits.object_bytes)
    if opened.single is not None:
        if not _is_empty_bundle(opened.single):
            yield Cut(0, opened.single)
        return
    index = -1
    for index, element in enumerate(stix_split.elements(window, max_bytes=limits.object_bytes)):
        if isinstance(element, Broken):
            yield Cut(index, finding(element.rule, element.message))
            if element.last:
                return
        else:
            yield Cut(index, element)
    ending = stix_split.close(window, bundle=opened.bundle, max_bytes=limits.object_bytes)
    if ending is not None:
        yield Cut(index + 1, finding(ending.rule, ending.message))


def version_of(value: Mapping[str, Any]) -> str:
    """The version of STIX that an object is written in.

    Objects of 2.0 have no `spec_version`; in 2.1 only observables may lack it, and 2.0 has none outside of
    observed data. An object without a type is judged as 2.1.
    """
    declared = value.get("spec_version")
    if declared is not None:
        return "2.0" if declared == "2.0" else "2.1"
    kind = value.get("type", "")
    return "2.1" if not kind or kind in CONTRIBUTING else "2.0"


def _item(index: int, raw: bytes, limits: Limits) -> RawItem:
    if len(raw) > limits.object_bytes:
        return RawItem(index, b"", None, finding("too-large", f"the object has {len(raw)} bytes, too many"))
    try:
        value = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if raw.lstrip()[:1] == b"{":
            return _refused(index, raw, "json", f"not JSON that everyone can read: {error}")
        return _refused(index, raw, "not-an-object", "not a JSON object")
    except RecursionError:
        return _refused(index, raw, "too-deep", f"the object is nested deeper than {limits.depth} levels")
    fault = stix_json.fault(raw, value, max_depth=limits.depth)
    if fault is not None:
        return _refused(index, raw, *fault)
    return RawItem(index, raw, StixObject(raw, value))


def _refused(index: int, raw: bytes, rule: str, message: str) -> RawItem:
    shown = raw[:80].decode("utf-8", "replace")
    return RawItem(index, raw, None, finding(rule, printable(message, 200), shown))


def _is_empty_bundle(raw: bytes) -> bool:
    try:
        value = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return value.get("type") == "bundle" and not value.get("objects")
