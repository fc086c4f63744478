"""What is here under ids, for vetting: who gave it, its first and last version, and the digests of exact versions.

Rules: what a batch costs does not grow with the versions that came before it. Versions are looked up by name, and
bytes are read only of those that are as long as what they are compared with: from no source more than the batch has
itself.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Select, func, select

from backchannel.core.incoming import KnownFrom, Offered
from backchannel.store.labels import parts
from backchannel.store.lists import among, as_list, as_pairs, members, pairs
from backchannel.store.schema import body, holding, inbox, source

PAGE = 100
"""Objects whose bytes are read at a time."""

Known = dict[str, list[KnownFrom]]

_id = members("ids").subquery()
_of_source = (
    select(holding.c.version).where(holding.c.id == _id.c.value, holding.c.source == source.c.number).limit(1)
)
_held = select(
    _id.c.value,
    source.c.key,
    source.c.own,
    _of_source.order_by(holding.c.version).correlate(_id, source).scalar_subquery(),
    _of_source.order_by(holding.c.version.desc()).correlate(_id, source).scalar_subquery(),
).select_from(_id.join(source, _of_source.correlate(_id, source).exists()))
_any_held = select(_id.c.value).where(select(holding.c.seq).where(holding.c.id == _id.c.value).exists())
_waiting = (
    select(inbox.c.object_id, inbox.c.party, func.min(inbox.c.version), func.max(inbox.c.version))
    .where(among(inbox.c.object_id, "ids"))
    .group_by(inbox.c.object_id, inbox.c.party)
)
_pair = pairs("pairs")
_held_versions = (
    select(holding.c.seq, holding.c.id, source.c.key, holding.c.version, func.length(body.c.raw))
    .select_from(_pair)
    .join(holding, (holding.c.id == _pair.c.first) & (holding.c.version == _pair.c.second))
    .join(source, source.c.number == holding.c.source)
    .join(body, body.c.seq == holding.c.seq)
    .where(holding.c.source.in_(select(source.c.number)))
)
_waiting_versions = (
    select(inbox.c.number, inbox.c.object_id, inbox.c.party, inbox.c.version, func.length(inbox.c.raw))
    .select_from(_pair)
    .join(inbox, (inbox.c.object_id == _pair.c.first) & (inbox.c.version == _pair.c.second))
)
_held_bytes = select(body.c.seq, body.c.raw).where(among(body.c.seq, "numbers"))
_waiting_bytes = select(inbox.c.number, inbox.c.raw).where(among(inbox.c.number, "numbers"))


def known_held(connection: Connection, ids: Collection[str], offered: Collection[Offered]) -> Known:
    """What the holdings have of these ids; of the versions offered with digests."""
    here: list[str] = []
    for part in parts(ids):
        here += connection.execute(_any_held, {"ids": as_list(part)}).scalars()
    asked = _digests(connection, _held_versions, _held_bytes, _about(offered, here))
    return _known(_rows(connection, _held, here), asked)


def known_waiting(connection: Connection, ids: Collection[str], offered: Collection[Offered]) -> Known:
    """What the inbox has of these ids; of the versions offered with digests."""
    rows = [(one, party, False, first, last) for one, party, first, last in _rows(connection, _waiting, ids)]
    asked = _digests(connection, _waiting_versions, _waiting_bytes, _about(offered, {row[0] for row in rows}))
    return _known(rows, asked)


def _rows(connection: Connection, statement: Select[Any], ids: Iterable[str]) -> Iterator[Any]:
    for part in parts(ids):
        yield from connection.execute(statement, {"ids": as_list(part)})


def _about(offered: Collection[Offered], ids: Iterable[str]) -> list[Offered]:
    here = set(ids)
    return [one for one in offered if one.id in here]


def _known(rows: Iterable[Any], asked: dict[tuple[str, str], dict[str, bytes]]) -> Known:
    known: Known = defaultdict(list)
    for identifier, giver, own, first, last in rows:
        known[identifier].append(KnownFrom(giver, own, first, last, asked.get((identifier, giver), {})))
    return dict(known)


def _digests(
    connection: Connection, versions: Select[Any], contents: Select[Any], offered: Iterable[Offered]
) -> dict[tuple[str, str], dict[str, bytes]]:
    """By id and source, the SHA-256 of each version that is here; empty where no offered one is as long."""
    sizes: dict[tuple[str, str], set[int]] = defaultdict(set)
    for one in offered:
        sizes[one.id, one.version].add(one.size)
    found: dict[tuple[str, str], dict[str, bytes]] = defaultdict(dict)
    equal: dict[int, tuple[str, str, str]] = {}
    for part in parts(sizes):
        for number, identifier, giver, version, size in connection.execute(versions, {"pairs": as_pairs(part)}):
            found[identifier, giver][version] = b""
            if size in sizes[identifier, version]:
                equal[number] = identifier, giver, version
    for page in parts(equal, PAGE):
        for number, raw in connection.execute(contents, {"numbers": as_list(page)}):
            identifier, giver, version = equal[number]
            found[identifier, giver][version] = hashlib.sha256(raw).digest()
    return found
