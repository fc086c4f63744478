"""Canaries as their operator handles them: added with a release, listed, and looked for in what leaked."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from backchannel.core.canary import MOST, Canary, parent_domain
from backchannel.core.canary_form import MadeIds
from backchannel.core.canary_search import PIECE, Place, Search
from backchannel.core.terms import from_canonical
from backchannel.core.text import printable
from backchannel.errors import BadArgument
from backchannel.flow.canaries import Wanted
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.formats.generate import Generator
from backchannel.node.importing import namespace
from backchannel.node.node import Node
from backchannel.node.parties import party_names


class CanaryView(msgspec.Struct, frozen=True):
    """One canary for its operator: its name, whose copy it marks, and when that left (None: not yet).

    `party` and `agreement` are whole; `recipient` and `title` say what they are called. `onward` is the
    word of the terms on passing on, as they stand now.
    """

    name: str
    recipient: str
    party: str
    agreement: str
    title: str
    onward: str
    indicator: str
    threat: str
    added: datetime
    released: datetime | None


class Sighting(msgspec.Struct, frozen=True):
    """A canary in a file or value: `line` is the first, from 1; `object` the STIX object named last before it there;
    `times` how often it stands there."""

    where: str
    line: int
    object: str | None
    times: int
    canary: CanaryView


class CheckReport(msgspec.Struct, frozen=True):
    """What was looked through, what was found, and what could not be read."""

    files: int
    values: int
    found: list[Sighting]
    problems: list[str]


def wanted_canaries(node: Node, number: int) -> Wanted | None:
    """What a release needs to add so many canaries; None for none.

    Raises:
        BadArgument: fewer than none, or too many at once.
    """
    if not number:
        return None
    if not 0 < number <= MOST:
        raise BadArgument(f"--canary is {number}; it takes 1 to {MOST}")
    make = Generator(namespace(node), node.clock())
    domains = tuple(dict.fromkeys(map(parent_domain, node.settings.canary_domains)))
    return Wanted(number, domains, MadeIds(make.indicator_id, make.indicates_id))


def canaries(node: Node, agreement: str | None = None) -> list[CanaryView]:
    """All canaries, or those of one agreement, in the order in which they were made.

    Raises:
        NotFound, Ambiguous: no such agreement, or several.
    """
    with node.db.read() as tx:
        chosen = tx.canaries.all() if agreement is None else tx.canaries.under(node.agreement(tx, agreement).id)
        return [view for view, _ in _viewed(tx, chosen)]


def check(node: Node, arguments: Sequence[str], stdin: BinaryIO) -> CheckReport:
    """Look for canaries in files, in the files of folders, in values, and for `-` in `stdin`.

    What is the name of a file is read; everything else is a value. A file that cannot be read is on the report.
    """
    with node.db.read() as tx:
        marks = {mark: view for view, of in _viewed(tx, tx.canaries.all()) for mark in of}
    found: list[Sighting] = []
    problems: list[str] = []
    files = values = 0
    for argument in arguments:
        if argument == "-":
            files += 1
            found += _sightings("-", _search(stdin, marks), marks)
        elif os.path.exists(argument):  # noqa: PTH110 (no error for what cannot be a path)
            for path in _files(Path(argument)):
                files += 1
                try:
                    with path.open("rb") as file:
                        found += _sightings(str(path), _search(file, marks), marks)
                except OSError as error:
                    problems.append(f"{printable(str(path), 300)} was not read: {error.strerror or error}")
        else:
            values += 1
            search = Search(marks)
            places = [*search.feed(argument.encode("utf-8", "replace")), *search.end()]
            found += _sightings(argument, places, marks)
    return CheckReport(files, values, found, problems)


# --- the pieces ------------------------------------------------------------------------------------------------


def _viewed(tx: Transaction, chosen: Sequence[Canary]) -> Iterator[tuple[CanaryView, set[str]]]:
    """Each canary for its operator, and the marks by which it is found."""
    names = party_names(tx)
    rows = {row.id: row for row in tx.agreements.all()}
    crossed = {identifier: tx.channels.released_ids(identifier) for identifier in {one.agreement for one in chosen}}
    for one in chosen:
        row, released = rows[one.agreement], crossed[one.agreement]
        left = [released[identifier] for identifier in one.ids if identifier in released]
        ids = {*one.ids, *(each.sent_id for each in left)}
        view = CanaryView(
            name=one.name,
            recipient=names.get(one.recipient, one.recipient),
            party=one.recipient,
            agreement=one.agreement,
            title=row.title,
            onward=_onward(row),
            indicator=one.indicator.id,
            threat=one.threat,
            added=one.added_at,
            released=min((each.at for each in left), default=None),
        )
        yield view, {one.label, *(identifier.partition("--")[2] for identifier in ids)}


def _onward(row: AgreementRow) -> str:
    return from_canonical(row.terms).handling.onward


def _files(path: Path) -> list[Path]:
    return sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]


def _search(file: BinaryIO, marks: Mapping[str, CanaryView]) -> Iterator[Place]:
    search = Search(marks)
    while piece := file.read(PIECE):
        yield from search.feed(piece)
    yield from search.end()


def _sightings(where: str, places: Iterable[Place], marks: Mapping[str, CanaryView]) -> list[Sighting]:
    """One sighting for each canary, at the first place where it stands."""
    first: dict[str, Place] = {}
    times: dict[str, int] = {}
    views = {view.name: view for view in marks.values()}
    for place in places:
        name = marks[place.mark].name
        first.setdefault(name, place)
        times[name] = times.get(name, 0) + 1
    return [
        Sighting(where, place.line, place.object or None, times[name], views[name]) for name, place in first.items()
    ]
