"""What came from one source, counted by type: what was new, what was an echo, what others confirmed.

An object is confirmed where somebody else told the same whole later, from an origin of its own, or says to have seen
that very object. Of an origin of its own is what is no echo, was not told second hand, names another origin if it
names one, and was not passed on by us to whoever told it.
"""

from typing import Any

from sqlalchemy import Connection, Select, Text, and_, case, exists, func, literal, not_, or_, select

from backchannel.core.properties import OBSERVABLE_TYPES
from backchannel.flow.ports_echoes import RecordRow
from backchannel.store.schema import agreement as agreement_table
from backchannel.store.schema import edge, holding, label, released, source
from backchannel.store.schema_echoes import telling
from backchannel.store.schema_recalls import recall_heard, recall_heard_id

_NOT_SEEN = ("identity", "location", "observed-data")
"""Types that a sighting refers to otherwise than as what was seen."""

_POSSIBLE = 1
"""The highest tier of what can still be confirmed: an echo confirms nothing, and nothing confirms an echo."""


def rows(connection: Connection, party: str) -> list[RecordRow]:
    """What came from a party, by type, in the order of types."""
    return [RecordRow(*map(_plain, row)) for row in connection.execute(_counted(party))]


def _counted(party: str) -> Select[Any]:
    mine = select(telling).join(source, source.c.number == telling.c.source).where(source.c.key == party).subquery()
    return (
        select(
            mine.c.type,
            func.count(),
            _how_many(mine.c.new),
            *(_how_many(mine.c.tier == tier) for tier in (3, 2, 1)),
            _how_many(mine.c.contested),
            _how_many(mine.c.poisoned),
            _how_many(and_(mine.c.tier <= _POSSIBLE, not_(mine.c.poisoned), or_(_told_again(mine), _seen(mine)))),
            _how_many(or_(mine.c.revoked, _recalled(mine, party))),
        )
        .group_by(mine.c.type)
        .order_by(mine.c.type)
    )


def _how_many(which: Any) -> Any:
    return func.coalesce(func.sum(case((which, 1), else_=0)), 0)


def _told_again(mine: Any) -> Any:
    """Whether an independent origin told the same later."""
    other = telling.alias("other")
    passed_on = (
        select(released.c.number)
        .join(label, label.c.number == released.c.agreement)
        .join(agreement_table, agreement_table.c.id == label.c.text)
        .join(source, source.c.key == agreement_table.c.party)
        .where(
            released.c.source_id == mine.c.object_id, source.c.number == other.c.source, released.c.at < other.c.at
        )
    )
    return exists().where(
        mine.c.whole.is_not(None),
        other.c.whole == mine.c.whole,
        other.c.whole.is_not(None),
        other.c.source != mine.c.source,
        other.c.tier == 0,
        other.c.at > mine.c.at,
        ~other.c.second_hand,
        or_(other.c.object_id != mine.c.object_id, mine.c.type.in_(sorted(OBSERVABLE_TYPES))),
        or_(other.c.origin.is_(None), mine.c.origin.is_(None), other.c.origin != mine.c.origin),
        ~passed_on.exists(),
    )


def _seen(mine: Any) -> Any:
    """Whether somebody else, ourselves included, says to have seen that very object."""
    return (
        select(holding.c.seq)
        .join(edge, edge.c.seq == holding.c.seq)
        .where(
            edge.c.target == mine.c.object_id,
            holding.c.type == "sighting",
            holding.c.source != mine.c.source,
            mine.c.type.not_in(_NOT_SEEN),
        )
        .exists()
    )


def _recalled(mine: Any, party: str) -> Any:
    return (
        select(recall_heard_id.c.recall)
        .join(
            recall_heard,
            and_(recall_heard.c.party == recall_heard_id.c.party, recall_heard.c.recall == recall_heard_id.c.recall),
        )
        .where(
            recall_heard_id.c.object_id == mine.c.object_id,
            recall_heard_id.c.party == literal(party, Text),
            recall_heard.c.lifted_at.is_(None),
        )
        .exists()
    )


def _plain(cell: Any) -> Any:
    return cell if isinstance(cell, str) else int(cell)
