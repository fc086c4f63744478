"""Held objects, waiting for the officer. They are not holdings: nothing of them is released or exported.

Rules: the same object version of one party under one agreement waits once; what came first stays. Bytes are read page
by page, and only for whoever asks for objects.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, delete, func, insert, select

from backchannel.core.incoming import KnownFrom, Offered
from backchannel.flow.ports_channels import InboxItem, Waiting
from backchannel.store.known import known_waiting
from backchannel.store.labels import parts
from backchannel.store.lists import LAST_CHARACTER, among, as_list
from backchannel.store.schema import inbox

PAGE = 50
"""Items read at a time, each with up to 1 MiB."""

_waiting = select(inbox.c.object_id, inbox.c.version, inbox.c.party, inbox.c.agreement).where(
    among(inbox.c.object_id, "ids"), among(inbox.c.version, "versions")
)
_sizes = select(
    inbox.c.number, inbox.c.object_id, inbox.c.version, inbox.c.agreement, func.length(inbox.c.raw)
).order_by(inbox.c.number)
# Grouped by party, not narrowed to one: that would have everything of the party read.
_versions = (
    select(inbox.c.object_id, inbox.c.party, func.count())
    .where(among(inbox.c.object_id, "ids"))
    .group_by(inbox.c.object_id, inbox.c.party)
)
_taken = among(inbox.c.number, "numbers")
_flags = msgspec.json.Decoder(tuple[tuple[str, str], ...])


class SqlInbox:
    """`flow.ports_channels.Inbox` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, items: Iterable[InboxItem]) -> None:
        """Let objects wait. The store gives the numbers; those of the items are not looked at."""
        for part in parts(items):
            waiting = self._waiting(part)
            rows = []
            for item in part:
                identity = (item.object_id, item.version, item.party, item.agreement)
                if identity not in waiting:
                    waiting.add(identity)
                    rows.append(_as_row(item))
            if rows:
                self._connection.execute(insert(inbox), rows)

    def items(
        self, *, party: str | None = None, object_id: str | None = None, number: int | None = None
    ) -> Iterator[InboxItem]:
        """What waits, in the order it came."""
        wanted = _narrowed(select(inbox).order_by(inbox.c.number).limit(PAGE), party, object_id, number)
        after = 0
        while page := list(self._connection.execute(wanted.where(inbox.c.number > after))):
            yield from map(_as_item, page)
            after = page[-1].number

    def sizes(
        self, *, party: str | None = None, object_id: str | None = None, number: int | None = None
    ) -> list[Waiting]:
        """What waits, in the order it came, without the objects."""
        wanted = _narrowed(_sizes, party, object_id, number)
        return [Waiting(*row) for row in self._connection.execute(wanted)]

    def ids_beginning(self, prefix: str, limit: int = 10) -> list[str]:
        """Ids of waiting objects that begin like this, in order."""
        ids = select(inbox.c.object_id).where(
            inbox.c.object_id >= prefix, inbox.c.object_id < prefix + LAST_CHARACTER
        )
        return list(self._connection.execute(ids.distinct().order_by(inbox.c.object_id).limit(limit)).scalars())

    def known(self, ids: Collection[str], offered: Collection[Offered]) -> dict[str, list[KnownFrom]]:
        """What waits of these ids, by counterpart; of the versions offered with their digests."""
        return known_waiting(self._connection, ids, offered)

    def versions(self, party: str, ids: Collection[str]) -> dict[str, int]:
        """How many versions of each of these ids wait from a counterpart; ids without any are left out."""
        found: dict[str, int] = {}
        for part in parts(ids):
            rows = self._connection.execute(_versions, {"ids": as_list(part)})
            found.update((identifier, count) for identifier, giver, count in rows if giver == party)
        return found

    def size(self, party: str) -> int:
        """Bytes of the objects of a counterpart that wait, and of their flags, together."""
        each = func.length(inbox.c.raw) + func.length(inbox.c.flags)
        size = select(func.coalesce(func.sum(each), 0)).where(inbox.c.party == party)
        return int(self._connection.execute(size).scalar_one())

    def take(self, numbers: Iterable[int]) -> list[InboxItem]:
        """Take items out, by their numbers; those that are gone already are left out."""
        taken: list[InboxItem] = []
        for part in parts(dict.fromkeys(numbers)):
            chosen = {"numbers": as_list(part)}
            rows = self._connection.execute(select(inbox).where(_taken).order_by(inbox.c.number), chosen)
            taken += map(_as_item, rows)
            self._connection.execute(delete(inbox).where(_taken), chosen)
        return taken

    def _waiting(self, items: Collection[InboxItem]) -> set[tuple[str, str, str, str]]:
        """What waits of these ids and versions already."""
        ids, versions = {item.object_id for item in items}, {item.version for item in items}
        rows = self._connection.execute(_waiting, {"ids": as_list(ids), "versions": as_list(versions)})
        return {(one, version, giver, terms) for one, version, giver, terms in rows}


def _narrowed(wanted: Select[Any], party: str | None, object_id: str | None, number: int | None) -> Select[Any]:
    if party is not None:
        wanted = wanted.where(inbox.c.party == party)
    if object_id is not None:
        wanted = wanted.where(inbox.c.object_id == object_id)
    if number is not None:
        wanted = wanted.where(inbox.c.number == number)
    return wanted


def _as_row(item: InboxItem) -> dict[str, Any]:
    row = msgspec.structs.asdict(item)
    del row["number"]
    return row | {"flags": msgspec.json.encode(item.flags)}


def _as_item(row: Any) -> InboxItem:
    facts = dict(row._mapping)
    return InboxItem(**facts | {"flags": _flags.decode(facts["flags"])})
