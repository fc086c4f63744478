"""Pages of a TAXII collection: one statement a page, whatever the page and whatever is in the store.

Rules: the order is that of insertion, and a page begins behind a position, so that nothing that others write or
delete meanwhile shifts what is still to come. An object version that several sources gave is there once, as it came
first. Rows go from the driver to the page as they are: what SQLAlchemy makes of a row costs more than reading it.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Select,
    Text,
    and_,
    bindparam,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.sql.compiler import SQLCompiler

from backchannel.protocol.taxii import Entry, Page, Query, microseconds_of
from backchannel.store.lists import among, as_list
from backchannel.store.schema import body, holding

MOST_BYTES = 8 << 20
"""Bytes of objects on one page at most; a single object may be larger."""

MOST_TYPES = 12
"""So many types are looked up one by one; more are looked for among all objects."""


def held_page(connection: Connection, query: Query, *, with_bytes: bool) -> Page:
    """A page of everything held."""
    if query.empty:
        return Page([], False)
    after = query.after or _position_at(connection, query.added_after)
    shape = _Shape(
        ids=query.ids is not None,
        types=len(query.types) if query.types is not None and len(query.types) <= MOST_TYPES else -1,
        many_types=query.types is not None and len(query.types) > MOST_TYPES,
        last="last" in query.versions,
        first="first" in query.versions,
        every="all" in query.versions,
        times=any(one not in ("last", "first", "all") for one in query.versions),
        with_bytes=with_bytes,
    )
    times = [one for one in query.versions if one not in ("last", "first", "all")]
    parameters: dict[str, Any] = {"after": after, "most": query.limit + 1}
    if shape.ids:
        parameters["ids"] = as_list(query.ids or ())
    if shape.many_types:
        parameters["types"] = as_list(query.types or ())
    for number in range(max(shape.types, 0)):
        parameters[f"type_{number}"] = (query.types or ())[number]
    if shape.times:
        parameters["times"] = as_list(map(_comparable, times))
        parameters["moments"] = as_list(map(microseconds_of, times))
    return _read(connection, shape, parameters, query.limit)


class _Shape(NamedTuple):
    """What makes two statements different: which filters there are. `types` is their number, -1 for none."""

    ids: bool
    types: int
    many_types: bool
    last: bool
    first: bool
    every: bool
    times: bool
    with_bytes: bool


def _read(connection: Connection, shape: _Shape, parameters: dict[str, Any], limit: int) -> Page:
    compiled = _compiled(shape, connection.dialect)
    given = compiled.construct_params(parameters)
    result = connection.exec_driver_sql(str(compiled), tuple(given[name] for name in compiled.positiontup or ()))
    entries: list[Entry] = []
    size = 0
    for row in cast(Iterable[Any], result.cursor):
        if len(entries) == limit or (size and size + len(row[4] if shape.with_bytes else b"") > MOST_BYTES):
            result.close()
            return Page(entries, True)
        entries.append(Entry(*row))
        size += len(row[4]) if shape.with_bytes else 0
    result.close()
    return Page(entries, False)


@lru_cache(maxsize=256)
def _compiled(shape: _Shape, dialect: Dialect) -> SQLCompiler:
    return _statement(shape).compile(dialect=dialect)


def _statement(shape: _Shape) -> Select[Any]:
    columns: list[ColumnElement[Any]] = [
        holding.c.seq,
        holding.c.id,
        holding.c.version,
        type_coerce(holding.c.added_at, BigInteger).label("added"),
    ]
    rows = select(*columns, *([body.c.raw] if shape.with_bytes else []))
    if shape.with_bytes:
        rows = rows.join_from(holding, body, body.c.seq == holding.c.seq)
    rows = rows.where(holding.c.seq > bindparam("after"), _versions(shape))
    if shape.ids:
        rows = rows.where(among(holding.c.id, "ids"))
    if shape.many_types:
        rows = rows.where(among(holding.c.type, "types"))
    most = bindparam("most", type_=BigInteger)
    if shape.types < 1:
        return rows.order_by(holding.c.seq).limit(most)
    parts = [
        rows.where(holding.c.type == bindparam(f"type_{number}")).order_by(holding.c.seq).limit(most).subquery()
        for number in range(shape.types)
    ]
    every = union_all(*(select(part) for part in parts)).subquery()
    return select(every).order_by(every.c.seq).limit(most)


def _versions(shape: _Shape) -> ColumnElement[bool]:
    """Which versions of an object count. Each object version counts once, as it came first."""
    other = holding.alias("other")
    again = exists(other.c.seq).where(
        other.c.id == holding.c.id, other.c.version == holding.c.version, other.c.seq < holding.c.seq
    )
    if shape.every:
        return ~again
    wanted: list[ColumnElement[bool]] = []
    if shape.last:
        wanted.append(and_(holding.c.current, ~_another(lambda one: one > _order(holding.c.version), current=True)))
    if shape.first:
        wanted.append(~_another(lambda one: one < _order(holding.c.version), current=False))
    if shape.times:
        added = type_coerce(holding.c.added_at, BigInteger)
        named = among(_order(holding.c.version), "times")
        unversioned = holding.c.version == _text("")
        wanted.append(or_(and_(~unversioned, named), and_(unversioned, among(added, "moments"))))
    return and_(or_(false(), *wanted), ~again) if shape.first or shape.times else or_(false(), *wanted)


def _another(beats: Callable[[Any], ColumnElement[bool]], *, current: bool) -> ColumnElement[bool]:
    """Whether another holding of the same id comes before this one: by its version, or by having come first."""
    other = holding.alias("another")
    order = _order(other.c.version)
    same = and_(order == _order(holding.c.version), other.c.seq < holding.c.seq)
    found = exists(other.c.seq).where(
        other.c.id == holding.c.id, other.c.seq != holding.c.seq, or_(beats(order), same)
    )
    return found.where(other.c.current) if current else found


def _order(version: ColumnElement[str]) -> ColumnElement[str]:
    """Sorts like the time that a version says: `…:01Z` before `…:01.5Z`."""
    return func.rtrim(func.rtrim(func.rtrim(version, _text("Z")), _text("0")), _text("."))


def _text(text: str) -> ColumnElement[str]:
    return literal_column(f"'{text}'", Text)


def _comparable(time: str) -> str:
    return time.replace(" ", "+").removesuffix("+00:00").rstrip("Z").rstrip("0").rstrip(".")


def _position_at(connection: Connection, added_after: int | None) -> int:
    """The position behind which everything was added after a time."""
    if added_after is None:
        return 0
    added = type_coerce(holding.c.added_at, BigInteger)
    before = select(holding.c.seq).where(added <= added_after).order_by(added.desc()).limit(1)
    return connection.execute(before).scalar() or 0
