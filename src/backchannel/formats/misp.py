"""MISP events as STIX 2.1, by misp-stix, in the same objects and bytes every time.

Rules: a file is an event, bare or under `Event`, a list of either, or what a MISP server answers (`response`).
Each event is converted on its own, so that one that cannot be costs its neighbours nothing; before that it is made
complete (`formats.misp_records`), because misp-stix makes up what is missing. Its warnings go with the object that
stands for the event (its report or grouping), and that object also keeps the event as received; its errors are
records left out and each is told. Attributes for detection (`to_ids`) become indicators, others observed data;
galaxies become threats; what STIX has no word for becomes `x-misp-` objects. TLP tags become markings.
"""

import contextlib
import logging
import re
import warnings
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import msgspec

from backchannel.core.stix import decode
from backchannel.core.stix_ids import UUID
from backchannel.core.text import printable
from backchannel.errors import BadObject, MissingExtra, UnreadableFile
from backchannel.flow.ports import Finding
from backchannel.formats.items import Item, refusal
from backchannel.formats.misp_records import complete

MAX_FILE = 64 << 20
"""Largest MISP file in bytes: events are converted in memory."""

_Failures = tuple[type[Exception], ...]
LIBRARY_FAILURES: _Failures = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a library may raise on hostile input, besides errors of its own."""


MISSING = "MISP events need the extra `misp`: pip install 'backchannel[misp]'"

_LOSSES = ("Failed validation", "Error ")
"""How a message about a record begins that may have been left out; all others are about how it was put."""
_UUID = re.compile(UUID, re.IGNORECASE)


class _Converter(NamedTuple):
    """misp-stix, imported only when there is an event to read: that takes a second or two."""

    make: Any
    failures: _Failures


class _Converted(NamedTuple):
    """What became of one event: objects as JSON, and what was said about it."""

    objects: list[bytes]
    warnings: list[str]
    errors: list[str]


def read_misp(stream: BinaryIO) -> Iterator[Item]:
    """The objects of the events of a file; `index` counts them from 0, with a place for each thing left out.

    Raises:
        MissingExtra: misp-stix is not installed.
        UnreadableFile: not JSON, no MISP events in it, or larger than `MAX_FILE`.
    """
    raw = stream.read(MAX_FILE + 1)
    if len(raw) > MAX_FILE:
        raise UnreadableFile(f"it is larger than {MAX_FILE >> 20} MiB, the limit for MISP events")
    events = _events(raw.removeprefix(b"\xef\xbb\xbf"))
    return _items(events, _load())


def _load() -> _Converter:
    with without_warnings():
        try:
            from misp_stix_converter import MISPtoSTIX21Parser
            from pymisp.exceptions import PyMISPError
            from stix2.exceptions import STIXError
        except ImportError:
            raise MissingExtra(MISSING) from None
    silence()
    return _Converter(MISPtoSTIX21Parser, (*LIBRARY_FAILURES, PyMISPError, STIXError))


def silence() -> None:
    """What the libraries log about an event is also in what the converter returns, and would go to standard error."""
    for library in ("pymisp", "stix2", "misp_stix_converter"):
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)


@contextlib.contextmanager
def without_warnings() -> Iterator[None]:
    """What the libraries warn their developers about is not for the analyst's screen."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _events(raw: bytes) -> list[bytes]:
    """The bytes of each event of a file, as received."""
    try:
        found = list(_unwrapped(msgspec.Raw(raw), levels=3))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableFile(f"it is not JSON: {error}") from None
    if not found:
        raise UnreadableFile("it is JSON without a MISP event in it")
    return [bytes(event) for event in found]


def _unwrapped(raw: msgspec.Raw, levels: int) -> Iterator[msgspec.Raw]:
    """The events in a value; what is no event is yielded all the same, to be told in its place."""
    value = msgspec.json.decode(raw, type=dict[str, msgspec.Raw] | list[msgspec.Raw] | str | float | None)
    inner: list[msgspec.Raw] = []
    if isinstance(value, list):
        inner = value
    elif isinstance(value, dict):
        inner = [value[name] for name in ("response", "Event") if name in value]
    if levels and (inner or isinstance(value, list)):
        for element in inner:
            yield from _unwrapped(element, levels - 1)
    else:
        yield raw


def _items(events: list[bytes], converter: _Converter) -> Iterator[Item]:
    index = 0
    for number, raw in enumerate(events):
        for item in _event_items(raw, number, converter):
            yield msgspec.structs.replace(item, index=index)
            index += 1


def _event_items(raw: bytes, number: int, converter: _Converter) -> Iterator[Item]:
    """The items of one event; their places are not known yet."""
    name = f"event {number}"
    try:
        event = dict(decode(raw).value)
        name = f"event {number} ({printable(str(event.get('info', '')), 40)})"
        spelled_out = complete(event)
        converted = _convert(event, converter)
    except converter.failures as error:
        yield refusal(0, "misp-event", f"{name} could not be converted: {cause(error)}")
        return
    except BadObject as error:
        yield refusal(0, "misp-event", f"{name} could not be read: {error}")
        return
    notes = [*spelled_out, *converted.warnings]
    told = tuple(Finding(rule="misp-conversion", message=text, must=False) for text in notes)
    for made in converted.objects:
        yield _item(made, raw, str(event["uuid"]), told)
    for text in converted.errors:
        yield refusal(0, "misp-record", f"{name}: {text}")


def _convert(event: dict[str, Any], converter: _Converter) -> _Converted:
    with without_warnings():
        parser = converter.make()
        parser.parse_misp_event(event)
        objects = [made.serialize().encode() for made in parser.stix_objects]
    if not objects:
        raise ValueError("; ".join(messages(parser.errors)) or "misp-stix made nothing of it")
    said = [*messages(parser.warnings), *messages(parser.errors)]
    written = {made.id[-36:] for made in parser.stix_objects}
    lost = [text for text in said if _is_loss(text, written)]
    return _Converted(objects, [text for text in said if text not in lost], lost)


def _is_loss(text: str, written: set[str]) -> bool:
    """Whether a message is about a record that is in no form among what was written."""
    if not text.startswith(_LOSSES):
        return False
    named = _UUID.search(text)
    return named is None or named[0].lower() not in written


def _item(made: bytes, raw: bytes, event_uuid: str, told: tuple[Finding, ...]) -> Item:
    try:
        found = decode(made)
    except BadObject as error:
        return refusal(0, "misp-record", f"an object made from it is unusable: {error}")
    stands_for_event = found.type in {"report", "grouping"} and found.id.endswith(event_uuid)
    return Item(0, found, findings=told, original=raw) if stands_for_event else Item(0, found)


def messages(by_identifier: dict[str, Any]) -> list[str]:
    """What was said, each in one line and without the trace of calls that misp-stix puts into some."""
    found: dict[str, None] = {}
    for texts in by_identifier.values():
        for text in texts:
            lines = [line.strip() for line in str(text).split("\n") if line.strip()]
            if any(line.startswith('File "') for line in lines):
                lines = [lines[0], lines[-1]]
            found[printable(" ".join(lines), 200)] = None
    return list(found)


def cause(error: BaseException) -> str:
    """What a library raised, in one harmless line."""
    return f"{printable(' '.join(str(error).split()), 160)} ({type(error).__name__})"
