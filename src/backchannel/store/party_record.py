"""What came from one source, counted by type: what was new, what was an echo, what others confirmed.

An object is confirmed where somebody else told the same whole, for the first time, later and from an origin of its
own; or says to have seen that very object. Of an origin of its own is what is no echo, was not told second hand, is
another object, names another creator if it names one, and was not passed on by us to whoever told it.

However often one source told the same, it counts once (`_others`): a flood makes no count slow.
"""

from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    Subquery,
    Text,
    and_,
    bindparam,
    case,
    func,
    not_,
    or_,
    select,
    union,
)

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

_party = bindparam("party", type_=Text)
_giver = select(source.c.number).where(source.c.key == _party).scalar_subquery()
_mine = telling.alias("mine")


def rows(connection: Connection, party: str) -> list[RecordRow]:
    """What came from a party, by type, in the order of types."""
    asked = {"party": party}
    confirmed = {row.type: int(row.confirmed) for row in connection.execute(_confirmed(), asked)}
    return [
        RecordRow(kind, *(*map(int, counts), confirmed.get(kind, 0), int(revoked)))
        for kind, *counts, revoked in connection.execute(_counted(), asked)
    ]


def _counted() -> Select[Any]:
    return (
        select(
            _mine.c.type,
            func.count(),
            _how_many(_mine.c.new),
            *(_how_many(_mine.c.tier == tier) for tier in (3, 2, 1)),
            _how_many(_mine.c.contested),
            _how_many(_mine.c.poisoned),
            _how_many(or_(_mine.c.revoked, _recalled())),
        )
        .where(_mine.c.source == _giver)
        .group_by(_mine.c.type)
        .order_by(_mine.c.type)
    )


def _confirmed() -> Select[Any]:
    can_be = and_(_mine.c.source == _giver, _mine.c.tier <= _POSSIBLE, not_(_mine.c.poisoned))
    ids = (_mine.c.type, _mine.c.object_id)
    others = _others()
    again = select(*ids).join(others, others.c.whole == _mine.c.whole).where(can_be, _is_independent(others))
    both = union(again, select(*ids).where(can_be, _seen())).subquery()
    return select(both.c.type, func.count().label("confirmed")).group_by(both.c.type)


def _others() -> Subquery:
    """By whole and source what others told: when first, and of what could have an origin of its own the least and the
    greatest origin and id: another than a given one is among them if one of the two is another."""
    other = telling.alias("other")
    counts = and_(other.c.tier == 0, ~other.c.second_hand)
    theirs = select(telling.c.whole).where(telling.c.source == _giver, telling.c.whole.is_not(None))
    # What names no origin is of another one than whatever names one.
    origin, object_id = case((counts, func.coalesce(other.c.origin, ""))), case((counts, other.c.object_id))
    return (
        select(
            other.c.whole,
            other.c.source,
            func.min(other.c.at).label("first"),
            func.min(origin).label("origin"),
            func.max(origin).label("last_origin"),
            func.min(object_id).label("object_id"),
            func.max(object_id).label("last_object_id"),
        )
        .where(other.c.whole.is_not(None), other.c.source != _giver, other.c.whole.in_(theirs))
        .group_by(other.c.whole, other.c.source)
        .having(func.max(case((counts, 1), else_=0)) == 1)
        .subquery()
    )


def _is_independent(others: Subquery) -> Any:
    passed_on = (
        select(released.c.number)
        .join(label, label.c.number == released.c.agreement)
        .join(agreement_table, agreement_table.c.id == label.c.text)
        .join(source, source.c.key == agreement_table.c.party)
        .where(
            released.c.source_id == _mine.c.object_id,
            source.c.number == others.c.source,
            released.c.at < others.c.first,
        )
    )
    return and_(
        others.c.first > _mine.c.at,
        or_(
            _mine.c.type.in_(sorted(OBSERVABLE_TYPES)),
            others.c.object_id != _mine.c.object_id,
            others.c.last_object_id != _mine.c.object_id,
        ),
        or_(
            _mine.c.origin.is_(None),
            others.c.origin != _mine.c.origin,
            others.c.last_origin != _mine.c.origin,
        ),
        ~passed_on.exists(),
    )


def _seen() -> Any:
    """Whether somebody else, ourselves included, says to have seen that very object."""
    return (
        select(holding.c.seq)
        .join(edge, edge.c.seq == holding.c.seq)
        .where(
            edge.c.target == _mine.c.object_id,
            holding.c.type == "sighting",
            holding.c.source != _mine.c.source,
            _mine.c.type.not_in(_NOT_SEEN),
        )
        .exists()
    )


def _recalled() -> Any:
    return (
        select(recall_heard_id.c.recall)
        .join(
            recall_heard,
            and_(recall_heard.c.party == recall_heard_id.c.party, recall_heard.c.recall == recall_heard_id.c.recall),
        )
        .where(
            recall_heard_id.c.object_id == _mine.c.object_id,
            recall_heard_id.c.party == _party,
            recall_heard.c.lifted_at.is_(None),
        )
        .exists()
    )


def _how_many(which: Any) -> Any:
    return func.coalesce(func.sum(case((which, 1), else_=0)), 0)
