"""Any file that can be imported, as items: recognised by content, read as a stream, upgraded and validated.

Every object that is yielded without a MUST finding is a valid STIX 2.1 object.
"""

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from backchannel.flow.ports import Validator
from backchannel.formats.generate import Generator
from backchannel.formats.indicators import read_indicators
from backchannel.formats.items import Item
from backchannel.formats.misp import read_misp
from backchannel.formats.recognise import HEAD_SIZE, Kind, recognise
from backchannel.formats.stix import read_bundle
from backchannel.formats.upgrade import upgrade


def read_items(
    file: BinaryIO, make: Generator, *, threat_id: str | None = None, validate: Validator
) -> Iterator[Item]:
    """The objects of a file, each with what was found, in the file's order.

    `threat_id` is the threat that the indicators of a list indicate.

    Raises:
        UnreadableFile: none of the kinds, or it breaks off in a way that leaves nothing to tell apart.
        MissingExtra: a MISP event without the extra that reads it.
    """
    kind = recognise(file.read(HEAD_SIZE))
    file.seek(0)
    if kind is Kind.STIX:
        items = _stix(file)
    elif kind is Kind.MISP:
        items = read_misp(file)
    else:
        # Made here from values, by a generator whose output the tests hold against the schemas.
        return read_indicators(file, kind, make, threat_id=threat_id)
    return (_validated(item, validate) for item in items)


def _stix(file: BinaryIO) -> Iterator[Item]:
    """Objects of STIX 2.1 as they are, those of 2.0 as what they become in 2.1, with the original kept."""
    for raw in read_bundle(file):
        if raw.object is None:
            yield Item(raw.index, findings=(raw.fault,) if raw.fault else ())
        elif raw.version == "2.1":
            yield Item(raw.index, raw.object)
        else:
            for made in upgrade(raw.object):
                yield Item(raw.index, made, original=raw.raw)


def _validated(item: Item, validate: Validator) -> Item:
    if item.object is None:
        return item
    return msgspec.structs.replace(item, findings=(*item.findings, *validate(item.object.value)))
