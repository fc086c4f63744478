"""Reading what the node holds: selections as the faces ask for them, one object by prefix, export as a bundle."""

import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec

from backchannel.core.marking import parse_level
from backchannel.core.scope import reach
from backchannel.errors import Ambiguous, BadArgument, NotFound
from backchannel.flow.ports import Conflict, Filter, Held, Transaction
from backchannel.flow.ports_taxii import PULLED
from backchannel.flow.threats import resolve_threats
from backchannel.node.node import Node
from backchannel.node.parties import find_party, party_names
from backchannel.node.prefix import the_one

THREAT_DEPTH = 2
"""Relationship hops that the `threat` filter follows, as an agreement does by default."""

PART = 500
"""Objects that `each` reads at a time."""


class Selection(msgspec.Struct, frozen=True):
    """Which holdings a face asks for, in the operator's words; everything that is set narrows."""

    type: str | None = None
    source: str | None = None
    threat: str | None = None
    tlp: str | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    agreement: str | None = None
    limit: int | None = None
    ids: tuple[str, ...] = ()


def select(node: Node, wanted: Selection) -> list[Held]:
    """The held objects that a selection names, oldest first.

    Raises:
        NotFound, Ambiguous: no such party, threat or agreement, or several.
        BadArgument: no such TLP level.
    """
    with node.db.read() as tx:
        return list(tx.holdings.find(_filter(node, tx, wanted)))


def find(node: Node, prefix: str) -> list[Held]:
    """Every version, from every source, of the one object whose id begins with `prefix`."""
    with node.db.read() as tx:
        return one_object(tx, prefix)


def conflicts(node: Node, object_id: str | None = None, limit: int = 100) -> list[tuple[Conflict, str]]:
    """Contradictions on record, newest first, each with the name of its source; with `object_id` (whole) only those
    about that object."""
    with node.db.read() as tx:
        names = {node.us.key: node.us.card.name, **party_names(tx), **tx.pulls.sources()}
        return [(one, names.get(one.source, one.source)) for one in tx.holdings.conflicts(object_id, limit)]


def one_object(tx: Transaction, prefix: str) -> list[Held]:
    """The same, within a transaction.

    Raises:
        NotFound, Ambiguous: none, or several.
    """
    return tx.holdings.get(the_one(prefix, tx.holdings.ids_beginning(prefix, limit=2), "held object"))


def original(node: Node, prefix: str) -> bytes:
    """The foreign form that an object was made from (STIX 2.0, MISP, a line of a list), as it was imported: of its
    newest version that has one.

    Raises:
        NotFound, Ambiguous: no such object, or several; or it came in as STIX 2.1.
    """
    with node.db.read() as tx:
        found = one_object(tx, prefix)
        for held in reversed(found):
            form = tx.holdings.original_of(held.seq)
            if form is not None:
                return form
    raise NotFound(f"{found[0].id} was made from no other form: its bytes are those that came in")


def content(held: Held) -> msgspec.Raw:
    """The object's bytes, to stand in JSON as they are."""
    return msgspec.Raw(held.raw)


def each(node: Node, wanted: Selection) -> Iterator[Held]:
    """The held objects that a selection names, read bit by bit: no transaction is open while one is looked at. The
    same version held twice comes once.

    Raises:
        NotFound, Ambiguous, BadArgument: as `select`.
    """
    with node.db.read() as tx:
        query = _filter(node, tx, wanted)
    seen: set[tuple[str, str]] = set()
    while True:
        with node.db.read() as tx:
            part = list(tx.holdings.find(msgspec.structs.replace(query, limit=PART)))
        for held in part:
            if (held.id, held.version) not in seen:
                seen.add((held.id, held.version))
                yield held
        if len(part) < PART:
            return
        query = msgspec.structs.replace(query, after=part[-1].seq)


def export(node: Node, wanted: Selection, out: IO[bytes]) -> int:
    """Write a selection as one STIX 2.1 bundle; the number of objects. The same version held twice goes once."""
    count = 0
    out.write(b'{"type":"bundle","id":"bundle--%s","objects":[' % str(_bundle_id(node)).encode())
    with node.db.read() as tx:
        for raw in _once(tx.holdings.find(_filter(node, tx, wanted))):
            out.write(b",\n" if count else b"\n")
            out.write(raw)
            count += 1
    out.write(b"\n]}\n")
    out.flush()
    return count


def export_to(node: Node, wanted: Selection, path: Path) -> int:
    """Write a selection to a file, whole or not at all."""
    return write_whole(path, lambda file: export(node, wanted, file))


def write_whole(path: Path, write: Callable[[IO[bytes]], int]) -> int:
    """A file that `write` fills, whole or not at all; what it returns."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            count = write(file)
        except BaseException:
            Path(file.name).unlink()
            raise
        os.fsync(file.fileno())
    Path(file.name).replace(path)
    return count


def _once(found: Iterator[Held]) -> Iterator[bytes]:
    seen: set[tuple[str, str]] = set()
    for held in found:
        if (held.id, held.version) not in seen:
            seen.add((held.id, held.version))
            yield held.raw


def _bundle_id(node: Node) -> uuid.UUID:
    return uuid.UUID(bytes=node.us.random(16), version=4)


def _filter(node: Node, tx: Transaction, wanted: Selection) -> Filter:
    try:
        tlp = parse_level(wanted.tlp) if wanted.tlp else None
    except ValueError as error:
        raise BadArgument(str(error)) from None
    own = wanted.source in ("own", node.us.key)
    return Filter(
        type=wanted.type,
        source=None if own or wanted.source is None else _source(node, tx, wanted.source),
        own=True if own else None,
        tlp=tlp,
        text=wanted.text,
        since=wanted.since,
        until=wanted.until,
        agreement=node.agreement(tx, wanted.agreement).id if wanted.agreement else None,
        ids=_ids(node, tx, wanted),
        limit=wanted.limit,
    )


def _ids(node: Node, tx: Transaction, wanted: Selection) -> frozenset[str] | None:
    named = frozenset(one_object(tx, prefix)[0].id for prefix in wanted.ids) if wanted.ids else None
    connected = _connected(node, tx, wanted.threat) if wanted.threat else None
    return named if connected is None else connected if named is None else named & connected


def _source(node: Node, tx: Transaction, name: str) -> str:
    if name.casefold() == node.us.card.name.casefold():
        return node.us.key
    pulled = tx.pulls.sources()
    if name in pulled:
        return name
    # A party first: no title that a server chose can stand in for one.
    try:
        return find_party(tx, name).key
    except NotFound:
        found = [key for key, title in pulled.items() if title.casefold() == name.casefold()]
        found = found or [key for key in pulled if key == PULLED + name]
        if len(found) > 1:
            raise Ambiguous(f"several collections are called {name!r}: {', '.join(found)}") from None
        if not found:
            raise
        return found[0]


def _connected(node: Node, tx: Transaction, threat: str) -> frozenset[str]:
    threats = resolve_threats(tx, [threat], {}, node.synonyms)
    seeds = set(threats.seeds) | {one.id for resolution in threats.resolutions for one in resolution.candidates}
    if not seeds:
        raise NotFound(f"no held threat has the name or alias {threat!r}")
    holdings = tx.holdings
    return frozenset(reach(seeds, THREAT_DEPTH, holdings.edges_from, holdings.edges_to, holdings.types_of))
