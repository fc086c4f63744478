"""Indicator lists in text and CSV as STIX: one indicator for each value, streaming.

Rules: a value that stands in a list several times gives one indicator, with the references of all the places
(where a value was first published is what tells echoes from confirmation, so none is dropped). A line that
is no indicator is told with its number and its neighbours are kept. A list of a million lines is read in
bounded memory: of what was read only a digest of each value is kept. A list with references is read twice:
once to see which values come again.
"""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

import msgspec

from backchannel.core.stix import StixObject
from backchannel.formats.entries import Entry
from backchannel.formats.generate import ExternalReference, Generator
from backchannel.formats.indicators_csv import csv_entries, csv_has_references
from backchannel.formats.indicators_text import MAX_REFERENCES, aliases, has_references, text_entries
from backchannel.formats.items import Item
from backchannel.formats.recognise import Kind

__all__ = ["aliases", "read_indicators"]

_decoder = msgspec.json.Decoder(dict)
_References = tuple[ExternalReference, ...]


def read_indicators(stream: BinaryIO, kind: Kind, make: Generator, *, threat_id: str | None = None) -> Iterator[Item]:
    """The indicators of a list, in its order, and an item for each place that is none; `index` is the line.

    The stream must be seekable and is read from its start. With `threat_id`, each indicator is followed by
    the relationship that it indicates the threat.

    Raises:
        UnreadableFile: a CSV list whose header names no column of indicators.
    """
    entries, may_refer = (csv_entries, csv_has_references) if kind is Kind.CSV else (text_entries, has_references)
    stream.seek(0)
    repeated: dict[bytes, _References] = {}
    if may_refer(stream):
        stream.seek(0)
        repeated = _repeated(entries(stream), make)
    stream.seek(0)
    return _items(entries(stream), make, repeated, threat_id)


def _repeated(entries: Iterable[Entry | Item], make: Generator) -> dict[bytes, _References]:
    """The references of every value that comes again under other references, from all its places."""
    first: dict[bytes, _References] = {}
    repeated: dict[bytes, _References] = {}
    for entry in entries:
        if isinstance(entry, Entry):
            key = _key(make.indicator_id(entry.observable))
            known = repeated.get(key) or first.setdefault(key, entry.references)
            if known is not entry.references and len(known) < MAX_REFERENCES:
                merged = tuple(dict.fromkeys((*known, *entry.references)))
                if merged != known:
                    repeated[key] = merged[:MAX_REFERENCES]
    return repeated


def _items(
    entries: Iterable[Entry | Item],
    make: Generator,
    repeated: dict[bytes, _References],
    threat_id: str | None,
) -> Iterator[Item]:
    seen: set[bytes] = set()
    for entry in entries:
        if isinstance(entry, Item):
            yield entry
            continue
        identifier = make.indicator_id(entry.observable)
        key = _key(identifier)
        if key in seen:
            continue
        seen.add(key)
        raw = make.indicator(
            entry.observable,
            description=entry.description,
            references=repeated.get(key, entry.references),
            identifier=identifier,
        )
        yield Item(entry.line, _object(raw), generated=True, original=entry.raw)
        if threat_id is not None:
            yield Item(entry.line, _object(make.indicates(identifier, threat_id)), generated=True)


def _key(identifier: str) -> bytes:
    """The sixteen bytes of an id: what is kept of a value to know it again."""
    return bytes.fromhex(identifier[-36:].replace("-", ""))


def _object(raw: bytes) -> StixObject:
    """What was made here is decoded without the checks that strangers' bytes need."""
    return StixObject(raw, _decoder.decode(raw))
