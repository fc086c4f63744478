"""Any file that can be imported, as items: recognised by content, read as a stream, upgraded and validated.

Every object that is yielded without a MUST finding is a valid STIX 2.1 object.
"""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

import msgspec

from backchannel.errors import UnreadableFile
from backchannel.flow.ports import Validator
from backchannel.formats.generate import Generator
from backchannel.formats.indicators import read_indicators
from backchannel.formats.items import Item
from backchannel.formats.misp import read_misp
from backchannel.formats.press import is_page_file, is_press_name
from backchannel.formats.recognise import HEAD_SIZE, PRESS, Kind, recognise
from backchannel.formats.stix import Cut, cut_bundle, read_element
from backchannel.formats.upgrade import upgrade


def kind_of(file: BinaryIO, *, press: bool = False) -> Kind:
    """What kind of file it is; it is read from its beginning afterwards.

    Prose and web pages are press reports where `press` says so, or if the file's name does (`is_press_name`).

    Raises:
        UnreadableFile: none of the kinds.
    """
    head = file.read(HEAD_SIZE)
    file.seek(0)
    if press:
        return Kind.PAGE if is_page_file(head) else Kind.PROSE
    kind = recognise(head)
    if kind in PRESS and not is_press_name(str(getattr(file, "name", ""))):
        what = "a web page (HTML)" if kind is Kind.PAGE else "text in which hardly a line is an indicator"
        raise UnreadableFile(f"it is {what}; if it is a press report, import it with --as press")
    return kind


def read_items(
    file: BinaryIO, kind: Kind, make: Generator, *, threat_id: str | None = None, validate: Validator
) -> Iterator[Item]:
    """The objects of a file of this kind, each with what was found, in the file's order; press reports are read by
    `press_items`.

    `threat_id` is the threat that the indicators of a list indicate.

    Raises:
        UnreadableFile: it breaks off in a way that leaves nothing to tell apart.
        MissingExtra: a MISP event without the extra that reads it.
    """
    if kind is Kind.STIX:
        return read_elements(cut_bundle(file), validate)
    if kind is Kind.MISP:
        return (validated(item, validate) for item in read_misp(file))
    # Made here from values, by a generator whose output the tests hold against the schemas.
    return read_indicators(file, kind, make, threat_id=threat_id)


def read_elements(cuts: Iterable[Cut], validate: Validator) -> Iterator[Item]:
    """Objects of STIX 2.1 as they are, those of 2.0 as what they become in 2.1, with the original kept."""
    for cut in cuts:
        raw = read_element(cut)
        if raw.object is None:
            yield Item(raw.index, findings=(raw.fault,) if raw.fault else ())
        elif raw.version == "2.1":
            yield validated(Item(raw.index, raw.object), validate)
        else:
            for made in upgrade(raw.object):
                yield validated(Item(raw.index, made, original=raw.raw), validate)


def validated(item: Item, validate: Validator) -> Item:
    """An item with what is wrong with its object, if it has one."""
    if item.object is None:
        return item
    return msgspec.structs.replace(item, findings=(*item.findings, *validate(item.object.value)))
