"""Taking holdings away: the object, its bytes, and everything it was found by.

What the rows of an object are follows from its bytes, so nothing is searched for. Where the newest version goes, the
one before it is the newest again.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from backchannel.core.stix import decode_held, version_order
from backchannel.core.view import view_of
from backchannel.store import sequences
from backchannel.store.givers import forget_giver
from backchannel.store.lists import among, as_list
from backchannel.store.marks import MARKING, judge_anew
from backchannel.store.schema import body, edge, holding, original, published, source, term, told
from backchannel.store.text_index import remove_words

_own = (
    select(holding.c.seq, holding.c.version, holding.c.source, holding.c.original, body.c.raw)
    .join(body, body.c.seq == holding.c.seq)
    .join(source, source.c.number == holding.c.source)
    .where(holding.c.id == bindparam("id"), source.c.own)
)
_edge = delete(edge).where(edge.c.target == bindparam("of_target"), edge.c.seq == bindparam("of_seq"))
_term = delete(term).where(
    term.c.key == bindparam("of_key"), term.c.kind == bindparam("of_kind"), term.c.seq == bindparam("of_seq")
)
_told = delete(told).where(told.c.key == bindparam("of_key"), told.c.seq == bindparam("of_seq"))
_body = delete(body).where(body.c.seq == bindparam("which"))
_holding = delete(holding).where(holding.c.seq == bindparam("which"))
_left = select(holding.c.id, holding.c.source, holding.c.seq, holding.c.version, holding.c.current).where(
    among(holding.c.id, "ids")
)
_current = update(holding).where(holding.c.seq == bindparam("which")).values(current=True)


def remove_own(connection: Connection, object_id: str, versions: Sequence[str] | None) -> int:
    """Take away those versions of an object that are ours, all of them where none is named; how many."""
    rows = list(connection.execute(_own, {"id": object_id}))
    going = [row for row in rows if versions is None or row.version in versions]
    if going:
        _remove(connection, going)
        sequences.take(connection, sequences.HOLDINGS, 1)  # a number that nothing gets: something has changed
    staying: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        if row not in going:
            staying[row.source].append(row)
    if going and not staying and len(going) == len(rows):
        forget_giver(connection, object_id)
    for left in staying.values():
        newest = max(left, key=lambda row: (version_order(row.version), row.seq))
        connection.execute(_current, {"which": newest.seq})
    return len(going)


def remove(connection: Connection, rows: Sequence[Any]) -> None:
    """Take away holdings, each a row with `seq`, `id`, `type`, `version`, `source`, `original` and `raw`, and what
    was published of them. Where a definition of marks goes, what it marked is as strict as can be again."""
    if not rows:
        return
    _remove(connection, rows)
    sequences.take(connection, sequences.HOLDINGS, 1)  # a number that nothing gets: something has changed
    gone = among(published.c.seq, "seqs")
    connection.execute(delete(published).where(gone), {"seqs": as_list([row.seq for row in rows])})
    _make_current(connection, {(row.id, row.source) for row in rows})
    after = sequences.last(connection, sequences.HOLDINGS) + 1
    for definition in sorted({row.id for row in rows if row.type == MARKING}):
        judge_anew(connection, definition, after)


def _make_current(connection: Connection, affected: set[tuple[str, int]]) -> None:
    """The newest version that is left of each (id, source) is its newest again."""
    left: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for row in connection.execute(_left, {"ids": as_list({identifier for identifier, _ in affected})}):
        if (row.id, row.source) in affected:
            left[row.id, row.source].append(row)
    for rows in left.values():
        newest = max(rows, key=lambda row: (version_order(row.version), row.seq))
        if not newest.current:
            connection.execute(_current, {"which": newest.seq})


def _remove(connection: Connection, rows: Sequence[Any]) -> None:
    """The rows of holdings, each with `seq`, `original` and `raw`."""
    views = [(row.seq, view_of(decode_held(row.raw))) for row in rows]
    edges = [{"of_target": target, "of_seq": seq} for seq, view in views for target in view.targets]
    if edges:
        connection.execute(_edge, edges)
    terms = [{"of_key": key, "of_kind": kind, "of_seq": seq} for seq, view in views for key, kind in view.terms]
    if terms:
        connection.execute(_term, terms)
    tellings = [{"of_key": key, "of_seq": seq} for seq, view in views for key in view.told]
    if tellings:
        connection.execute(_told, tellings)
    remove_words(connection, ((seq, view.text) for seq, view in views))
    seqs = [{"which": seq} for seq, _ in views]
    connection.execute(_body, seqs)
    connection.execute(_holding, seqs)
    for form in {row.original for row in rows} - {None}:
        others = select(holding.c.seq).where(holding.c.original == form).limit(1)
        if connection.execute(others).first() is None:
            connection.execute(delete(original).where(original.c.number == form))
