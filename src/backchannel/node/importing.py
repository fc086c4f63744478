"""Import: files in, holdings out, in batches, with every refusal named.

A batch is one transaction, so memory is bounded by the batch and an interrupted import keeps what it had; the same
file again completes it. Where an object has no mark of its own, the level given or the node's default is kept beside
it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid5

import msgspec

from backchannel.core.marking import parse_level
from backchannel.core.stix import decode
from backchannel.errors import Ambiguous, BadArgument
from backchannel.flow.collector import collector_paused
from backchannel.flow.ports import NewObject, Transaction
from backchannel.flow.threats import resolve_threats
from backchannel.formats.generate import Generator
from backchannel.formats.items import Fault, Taken
from backchannel.formats.press import Known
from backchannel.node.files import FileReport, Refused
from backchannel.node.node import Node
from backchannel.node.readers import Readers

_NAMESPACE = UUID("0b7d5d0e-3f0c-4d59-8e58-1d0c6a3f9b27")

BATCH_OBJECTS, BATCH_BYTES = 8_000, 16 << 20
"""Objects in one transaction: at most so many, of so many bytes together (a single object may be larger)."""

STEP = 256
"""Objects between two looks at how far the file was read."""

_CONFLICT = "version {} is held already with other content; the one that came first was kept"


class ImportReport(FileReport):
    """What an import did."""

    added: int = 0
    unchanged: int = 0

    @property
    def notes(self) -> list[str]:
        """The warnings, one line a rule."""
        return self.warned("came in")

    def as_json(self) -> dict[str, object]:
        """The public shape."""
        return {
            "read": self.read,
            "added": self.added,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "notes": self.notes,
        }


def import_files(
    node: Node,
    paths: Iterable[Path],
    *,
    tlp: str | None = None,
    threat: str | None = None,
    press: Known | None = None,
    advance: Callable[[int], None] = lambda _bytes: None,
) -> ImportReport:
    """Import files; a file or object that cannot be taken over is listed, and its neighbours are kept.

    With `press` all files are press reports, of which that is known. `advance` is told how many bytes were read.

    Raises:
        BadArgument: no such TLP level.
        Ambiguous: several of our threats have the name `threat`.
    """
    try:
        level = parse_level(tlp) if tlp else node.settings.default_tlp
    except ValueError as error:
        raise BadArgument(f"--tlp: {error}") from None
    report = ImportReport()
    made = Generator(namespace(node), node.clock())
    target = threat_of(node, made, threat, level) if threat else None
    giver = press.received_from if press is not None else ""
    with Readers(node.services().validate, made, press) as readers:
        for path in paths:
            with report.opened(path) as (file, shown):
                items = _counted(readers.read(file, target), file, advance)
                keep_items(node, items, Origin(node.us.key, shown, level, giver), report)
    return report


class Origin(msgspec.Struct, frozen=True):
    """Where a stream of objects comes from: the key of their source, the name that reports give the stream, and the
    TLP level of objects without a mark of their own. `giver` is who handed a press report on, if that was said."""

    source: str
    shown: str
    level: str
    giver: str = ""


def keep_items(
    node: Node,
    items: Iterator[Taken],
    origin: Origin,
    report: ImportReport,
    *,
    at_end: Callable[[Transaction], None] = lambda _tx: None,
) -> None:
    """Take a stream of objects into the holdings, batch by batch. `at_end` is called within the last transaction:
    what it writes is durable if all of the stream is."""
    for batch, last in _batches(items):
        new, places = _sorted_out(batch, origin, report)
        with node.db.write() as tx:
            outcome = tx.holdings.add(new, source=origin.source, now=node.clock())
            if origin.giver:
                tx.givers.put([one.view.id for one in new if one.view.type == "report"], origin.giver)
            if last:
                at_end(tx)
        report.added += outcome.added
        report.unchanged += outcome.unchanged
        report.refused.extend(
            Refused(
                origin.shown, places[one.id, one.version], one.id, "conflict", _CONFLICT.format(one.version or "1")
            )
            for one in outcome.conflicts
        )


def namespace(node: Node) -> UUID:
    """Under which ids of objects made by this node are derived: its own, so that two nodes never make the same."""
    return uuid5(_NAMESPACE, node.us.key)


def _sorted_out(
    batch: Sequence[Taken], origin: Origin, report: ImportReport
) -> tuple[list[NewObject], dict[tuple[str, str], int]]:
    """The sound objects of a batch, with the place of each; what is wrong with the others is on the report."""
    new: list[NewObject] = []
    places: dict[tuple[str, str], int] = {}
    for item in batch:
        report.read += 1
        if item.findings:
            report.note(origin.shown, Fault(item.index, item.id, item.raw is None, item.findings))
        if item.raw is None or item.view is None:
            continue
        places[item.view.id, item.view.version] = item.index
        new.append(NewObject(item.raw, item.view, origin.level, item.generated, item.original))
    return new, places


def threat_of(node: Node, made: Generator, name: str, level: str) -> str:
    """The id of the one own threat of that name; it is made if there is none."""
    with node.db.write() as tx:
        (resolution,) = resolve_threats(tx, [name], {}, lambda _name: frozenset()).resolutions
        if resolution.candidates:
            raise Ambiguous(resolution.note)
        own = [one for one in resolution.ids if any(held.own for held in tx.holdings.get(one))]
        if own:
            return own[0]
        try:
            raw = made.threat(name)
        except ValueError as error:
            raise BadArgument(f"--threat: {error}") from None
        threat = decode(raw)
        new = NewObject.of(threat, default_tlp=level, generated=True)
        tx.holdings.add([new], source=node.us.key, now=node.clock())
        return threat.id


def _batches(items: Iterator[Taken]) -> Iterator[tuple[list[Taken], bool]]:
    """Each batch, and whether it is the last, which may be without an item: nothing is read ahead of a batch that is
    full. It is read and written with the collector paused, which comes to its right in between."""
    last = False
    while not last:
        with collector_paused():
            batch: list[Taken] = []
            size = 0
            while len(batch) < BATCH_OBJECTS and size < BATCH_BYTES:
                item = next(items, None)
                if item is None:
                    last = True
                    break
                batch.append(item)
                size += len(item.raw or b"") + len(item.original or b"")
            yield batch, last


def _counted(items: Iterable[Taken], file: BinaryIO, advance: Callable[[int], None]) -> Iterator[Taken]:
    """The items, telling `advance` now and then how far the file was read, and at the end."""
    before = 0
    for number, item in enumerate(items):
        if number % STEP == 0:
            advance(file.tell() - before)
            before = file.tell()
        yield item
    advance(file.tell() - before)
