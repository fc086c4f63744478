"""The effective TLP level of holdings, and what happens to it when a marking definition arrives late.

Rules: an object is judged by the definition that its own source has given; else by one's own. Of several
definitions under one id the strictest counts. So nobody can loosen another's mark, and a mark whose definition
is missing, or comes from a stranger only, stays as strict as can be (`core.marking`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from backchannel.core import marking
from backchannel.core.stix import StixObject, decode, decode_held
from backchannel.core.view import plain_marks
from backchannel.store.labels import parts
from backchannel.store.lists import among, as_list
from backchannel.store.schema import body, edge, holding, source

MARKING = "marking-definition"
PAGE = 1_000
"""Objects judged anew at a time."""

Definitions = dict[str, Mapping[str, Any]]
"""Marking definitions by id."""

_definitions = (
    select(holding.c.id, holding.c.source, source.c.own, body.c.raw)
    .select_from(holding)
    .join(source, source.c.number == holding.c.source)
    .join(body, body.c.seq == holding.c.seq)
    .where(among(holding.c.id, "ids"))
)
_page = (
    select(edge.c.seq, holding.c.source, holding.c.tlp, holding.c.default_tlp, body.c.raw)
    .select_from(edge)
    .join(holding, holding.c.seq == edge.c.seq)
    .join(body, body.c.seq == edge.c.seq)
    .where(edge.c.target == bindparam("target"), edge.c.seq > bindparam("after"), edge.c.seq < bindparam("before"))
    .order_by(edge.c.seq)
    .limit(PAGE)
)
_set_level = update(holding).where(holding.c.seq == bindparam("which")).values(tlp=bindparam("level"))


class Levels:
    """Effective levels of many objects. Most are marked alike, so that each answer is worked out once."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._known: dict[tuple[tuple[str, ...], str], str] = {}

    def of(self, marks: tuple[str, ...] | None, default: str, raw: bytes) -> str:
        """`core.marking.effective` of an object; its bytes are decoded only if its `marks` do not tell."""
        if marks is None:
            return marking.effective(decode_held(raw).value, default, self._definitions)
        level = self._known.get((marks, default))
        if level is None:
            marked = {"object_marking_refs": list(marks)}
            level = self._known[marks, default] = marking.effective(marked, default, self._definitions)
        return level


def marks_among(ids: Iterable[str]) -> set[str]:
    """Those ids that name marking definitions which somebody must have given us."""
    return {one for one in ids if one.startswith(f"{MARKING}--")} - marking.WELL_KNOWN.keys()


def definitions_given(
    connection: Connection, source_number: int, ids: Collection[str], arriving: Iterable[StixObject] = ()
) -> Definitions:
    """The definitions that count for objects of one source, by id; `arriving` are of that source, not yet
    held."""
    given: dict[str, dict[int, list[Mapping[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for part in parts(ids):
        for identifier, giver, own, raw in connection.execute(_definitions, {"ids": as_list(part)}):
            if giver == source_number or own:
                given[identifier][0 if giver == source_number else 1].append(decode(raw).value)
    for one in arriving:
        if one.type == MARKING:
            given[one.id][0].append(one.value)
    return {identifier: max(near[min(near)], key=_strictness) for identifier, near in given.items()}


def judge_anew(connection: Connection, definition: str, before: int) -> None:
    """Set the level of every holding before a `seq` that refers to a marking definition."""
    after = 0
    while rows := list(connection.execute(_page, {"target": definition, "after": after, "before": before})):
        after = rows[-1].seq
        by_source: dict[int, list[Any]] = defaultdict(list)
        for row in rows:
            by_source[row.source].append(row)
        changes = [one for giver, members in by_source.items() for one in _changes(connection, giver, members)]
        if changes:
            connection.execute(_set_level, changes)


def _changes(connection: Connection, giver: int, rows: list[Any]) -> Iterator[dict[str, Any]]:
    values = [msgspec.json.decode(row.raw) for row in rows]
    named = {ref for value in values for ref in marking.marking_refs(value)}
    given = definitions_given(connection, giver, marks_among(named))
    levels = Levels(given)
    for row, value in zip(rows, values, strict=True):
        level = levels.of(plain_marks(value), row.default_tlp, row.raw)
        if level != row.tlp:
            yield {"which": row.seq, "level": level}


def _strictness(definition: Mapping[str, Any]) -> int:
    level = marking.level_of(definition)
    return -1 if level is None else marking.rank(level)
