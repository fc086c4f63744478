"""Requests for consent, item by item, and the consents that were given."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, bindparam, func, insert, select, update

from backchannel.core.consent import State
from backchannel.flow.ports_consents import Item, Request
from backchannel.store.labels import parts
from backchannel.store.lists import LAST_CHARACTER, among, as_list
from backchannel.store.schema_consents import consent, consent_item, consent_request

_REQUEST = len(Request.__struct_fields__)
_both = select(
    *(consent_request.c[name] for name in Request.__struct_fields__),
    *(consent_item.c[name].label(f"item_{name}") for name in Item.__struct_fields__),
).join(consent_item, consent_item.c.request == consent_request.c.id)
_naming = _both.where(among(consent_item.c.object_id, "ids")).order_by(consent_request.c.at, consent_item.c.number)
_answers = _naming.where(
    consent_request.c.ours, consent_request.c.to == bindparam("to_whom"), consent_item.c.link == ""
)
_documents = select(consent.c.id, consent.c.document).where(among(consent.c.id, "ids"))
_item = update(consent_item).where(
    consent_item.c.request == bindparam("of_request"), consent_item.c.number == bindparam("of_number")
)


class SqlConsents:
    """`flow.ports_consents.Consents` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put_request(self, request: Request, items: Iterable[Item]) -> None:
        """Keep a new request with its items."""
        self._connection.execute(insert(consent_request).values(msgspec.structs.asdict(request)))
        self._connection.execute(insert(consent_item), [msgspec.structs.asdict(item) for item in items])

    def request(self, identifier: str) -> Request | None:
        """The request of that id."""
        row = self._connection.execute(select(consent_request).where(consent_request.c.id == identifier)).first()
        return None if row is None else Request(**row._mapping)

    def requests(self, limit: int) -> list[Request]:
        """The latest requests, newest first."""
        latest = select(consent_request).order_by(consent_request.c.at.desc(), consent_request.c.id).limit(limit)
        return [Request(**row._mapping) for row in self._connection.execute(latest)]

    def requests_beginning(self, prefix: str) -> list[str]:
        """Ids of requests that begin like this: two are enough to know that there are several."""
        ids = select(consent_request.c.id).where(
            consent_request.c.id >= prefix, consent_request.c.id < prefix + LAST_CHARACTER
        )
        return list(self._connection.execute(ids.order_by(consent_request.c.id).limit(2)).scalars())

    def items(self, request: str) -> list[Item]:
        """The items of a request, in order."""
        mine = select(consent_item).where(consent_item.c.request == request).order_by(consent_item.c.number)
        return [_as_item(row._asdict()) for row in self._connection.execute(mine)]

    def update(self, items: Iterable[Item]) -> None:
        """Write what became of items."""
        rows = [
            {
                "of_request": one.request,
                "of_number": one.number,
                "state": one.state,
                "until": one.until,
                "consent": one.consent,
                "nonce": one.nonce,
                "link": one.link,
                "link_number": one.link_number,
            }
            for one in items
        ]
        if rows:
            self._connection.execute(_item, rows)

    def naming(self, ids: Collection[str]) -> list[tuple[Request, Item]]:
        """Everything that was asked about these objects, by whomever, the oldest first."""
        return self._pairs(_naming, ids)

    def answers(self, ids: Collection[str], to: str) -> list[tuple[Request, Item]]:
        """What we asked for ourselves, of these objects and for this recipient, the oldest first."""
        return self._pairs(_answers, ids, to_whom=to)

    def asked_since(self, party: str, since: datetime, *, ours: bool) -> int:
        """How many requests of one direction there were with a party from a time on."""
        return self._count(select(func.count()).select_from(consent_request), party, since, ours)

    def waiting(self, party: str, since: datetime, *, ours: bool) -> int:
        """How many requests of one direction, asked from a time on, have items that wait for an answer."""
        open_ = select(func.count(consent_request.c.id.distinct())).join(
            consent_item, consent_item.c.request == consent_request.c.id
        )
        return self._count(open_.where(consent_item.c.state == State.ASKED), party, since, ours)

    def put(self, consents: Mapping[str, bytes]) -> None:
        """Keep consents as they came, by id. What is here stays."""
        known = self.get(consents)
        rows = [{"id": one, "document": document} for one, document in consents.items() if one not in known]
        if rows:
            self._connection.execute(insert(consent), rows)

    def get(self, identifiers: Collection[str]) -> dict[str, bytes]:
        """Those consents that are here, by id."""
        found: dict[str, bytes] = {}
        for part in parts(identifiers):
            rows = self._connection.execute(_documents, {"ids": as_list(part)})
            found.update((identifier, document) for identifier, document in rows)
        return found

    def _count(self, counted: Select[Any], party: str, since: datetime, ours: bool) -> int:
        where = (consent_request.c.party == party, consent_request.c.ours.is_(ours), consent_request.c.at >= since)
        return int(self._connection.execute(counted.where(*where)).scalar_one())

    def _pairs(self, statement: Select[Any], ids: Collection[str], **values: str) -> list[tuple[Request, Item]]:
        found: list[tuple[Request, Item]] = []
        for part in parts(ids):
            for row in self._connection.execute(statement, {"ids": as_list(part), **values}):
                item = dict(zip(Item.__struct_fields__, row[_REQUEST:], strict=True))
                found.append((Request(*row[:_REQUEST]), _as_item(item)))
        return found


def _as_item(values: Mapping[str, Any]) -> Item:
    return Item(**{**values, "state": State(values["state"])})
