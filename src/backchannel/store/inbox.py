"""Held objects, waiting for the officer. They are not holdings: nothing of them is released or exported.

Rule: the same object version of one party under one agreement waits once; what came first stays.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select

from backchannel.flow.ports import InboxItem
from backchannel.store.labels import parts
from backchannel.store.lists import LAST_CHARACTER, among, as_list
from backchannel.store.schema import inbox

PAGE = 500
"""Items read at a time."""

_by_id = select(inbox).where(among(inbox.c.object_id, "ids")).order_by(inbox.c.number)
_waiting = select(inbox.c.object_id, inbox.c.version, inbox.c.party, inbox.c.agreement).where(
    among(inbox.c.object_id, "ids")
)
_taken = among(inbox.c.number, "numbers")
_flags = msgspec.json.Decoder(tuple[tuple[str, str], ...])


class SqlInbox:
    """`flow.ports.Inbox` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, items: Iterable[InboxItem]) -> None:
        """Let objects wait. The store gives the numbers; those of the items are not looked at."""
        for part in parts(items):
            waiting = self._waiting({item.object_id for item in part})
            rows = []
            for item in part:
                identity = (item.object_id, item.version, item.party, item.agreement)
                if identity not in waiting:
                    waiting.add(identity)
                    rows.append(_as_row(item))
            if rows:
                self._connection.execute(insert(inbox), rows)

    def items(self, *, party: str | None = None) -> Iterator[InboxItem]:
        """What waits, in the order it came."""
        wanted = select(inbox).order_by(inbox.c.number).limit(PAGE)
        if party is not None:
            wanted = wanted.where(inbox.c.party == party)
        after = 0
        while page := list(self._connection.execute(wanted.where(inbox.c.number > after))):
            yield from map(_as_item, page)
            after = page[-1].number

    def ids_beginning(self, prefix: str, limit: int = 10) -> list[str]:
        """Ids of waiting objects that begin like this, in order."""
        ids = select(inbox.c.object_id).where(
            inbox.c.object_id >= prefix, inbox.c.object_id < prefix + LAST_CHARACTER
        )
        return list(self._connection.execute(ids.distinct().order_by(inbox.c.object_id).limit(limit)).scalars())

    def among(self, ids: Collection[str]) -> list[InboxItem]:
        """Everything that waits under any of these ids."""
        found: list[InboxItem] = []
        for part in parts(ids):
            found += map(_as_item, self._connection.execute(_by_id, {"ids": as_list(part)}))
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

    def _waiting(self, ids: set[str]) -> set[tuple[str, str, str, str]]:
        found: set[tuple[str, str, str, str]] = set()
        for part in parts(ids):
            rows = self._connection.execute(_waiting, {"ids": as_list(part)})
            found.update((one, version, giver, terms) for one, version, giver, terms in rows)
        return found


def _as_row(item: InboxItem) -> dict[str, Any]:
    row = msgspec.structs.asdict(item)
    del row["number"]
    return row | {"flags": msgspec.json.encode(item.flags)}


def _as_item(row: Any) -> InboxItem:
    facts = dict(row._mapping)
    return InboxItem(**facts | {"flags": _flags.decode(facts["flags"])})
