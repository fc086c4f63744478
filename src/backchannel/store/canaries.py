"""Canaries in a table of their own. One is added and never changed, nor taken away: copies outlive agreements."""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, insert, select

from backchannel.core.canary import Canary
from backchannel.core.stix import decode_held
from backchannel.store.schema_canaries import canary

_canaries = select(*(canary.c[name] for name in Canary.__struct_fields__)).order_by(canary.c.number)


class SqlCanaries:
    """`flow.ports_canaries.Canaries` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, canaries: Iterable[Canary]) -> None:
        """Keep canaries that are about to leave."""
        rows = [_row(one) for one in canaries]
        if rows:
            self._connection.execute(insert(canary), rows)

    def count(self) -> int:
        """How many there are."""
        return int(self._connection.execute(select(func.count()).select_from(canary)).scalar_one())

    def under(self, agreement: str) -> list[Canary]:
        """The canaries of one agreement, in the order in which they were made."""
        return self._read(_canaries.where(canary.c.agreement == agreement))

    def all(self) -> list[Canary]:
        """The canaries of all agreements, in the order in which they were made."""
        return self._read(_canaries)

    def _read(self, statement: Select[Any]) -> list[Canary]:
        return [_canary(row._asdict()) for row in self._connection.execute(statement)]


def _row(one: Canary) -> dict[str, Any]:
    beside = {"indicator": one.indicator.raw, "relationship": one.relationship.raw}
    return msgspec.structs.asdict(one) | beside


def _canary(row: dict[str, Any]) -> Canary:
    decoded = {name: decode_held(row[name]) for name in ("indicator", "relationship")}
    return Canary(**(row | decoded))
