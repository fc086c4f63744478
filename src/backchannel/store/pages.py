"""Pages of a TAXII collection: one statement a page, whatever the page and whatever is in the store.

Rules: the order is that of insertion, and a page begins behind a position, so that nothing that others write or
delete meanwhile shifts what is still to come. An object version that several sources gave is there once, as it came
first. Rows go from the driver to the page as they are: what SQLAlchemy makes of a row costs more than reading it.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple, Self, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Select,
    Table,
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
from backchannel.store.labels import number_of
from backchannel.store.lists import among, as_list
from backchannel.store.schema import body, holding, published

MOST_BYTES = 8 << 20
"""Bytes of objects on one page at most; a single object may be larger."""

_ENDING = "Z0."
"""What the end of a time may have or lack: without it, the same times are the same texts, in the order of time."""

_WORDS = frozenset({"last", "first", "all"})

MOST_TYPES = 12
"""So many types are looked up one by one; more are looked for among all objects."""


def held_page(connection: Connection, query: Query, *, with_bytes: bool) -> Page:
    """A page of everything held."""
    if query.empty:
        return Page([], False)
    added = type_coerce(holding.c.added_at, BigInteger)
    position = select(holding.c.seq).where(added <= bindparam("moment")).order_by(added.desc()).limit(1)
    after = query.after or _position_at(connection, position, query)
    return _read(connection, _Shape.of(query, agreement=False, with_bytes=with_bytes), query, {"after": after})


def published_page(connection: Connection, agreement: str, query: Query, *, with_bytes: bool) -> Page:
    """A page of the collection of an agreement: of each object it has one version."""
    number = number_of(connection, agreement)
    if query.empty or number is None:
        return Page([], False)
    added, here = type_coerce(published.c.added_at, BigInteger), published.c.agreement == number
    position = select(published.c.number).where(here, added <= bindparam("moment")).order_by(added.desc()).limit(1)
    given = {"after": query.after or _position_at(connection, position, query), "agreement": number}
    return _read(connection, _Shape.of(query, agreement=True, with_bytes=with_bytes), query, given)


class _Shape(NamedTuple):
    """What makes two statements different: which filters there are. `types` is their number, -1 for none."""

    agreement: bool
    ids: bool
    types: int
    many_types: bool
    last: bool
    first: bool
    every: bool
    times: bool
    with_bytes: bool

    @classmethod
    def of(cls, query: Query, *, agreement: bool, with_bytes: bool) -> Self:
        """The shape of the statement that answers a query."""
        few = query.types is not None and len(query.types) <= MOST_TYPES
        return cls(
            agreement=agreement,
            ids=query.ids is not None,
            types=len(query.types or ()) if few else -1,
            many_types=query.types is not None and not few,
            last="last" in query.versions,
            first="first" in query.versions,
            every="all" in query.versions,
            times=not _WORDS.issuperset(query.versions),
            with_bytes=with_bytes,
        )

    def parameters(self, query: Query) -> dict[str, Any]:
        """What the filters look for."""
        times = [one for one in query.versions if one not in _WORDS]
        given: dict[str, Any] = {"most": query.limit + 1}
        given |= {"ids": as_list(query.ids or ()), "types": as_list(query.types or ())}
        given |= {"times": as_list(map(_comparable, times)), "moments": as_list(map(microseconds_of, times))}
        given |= {f"type_{number}": (query.types or ())[number] for number in range(self.types)}
        return given


def _read(connection: Connection, shape: _Shape, query: Query, given: dict[str, Any]) -> Page:
    compiled = _compiled(shape, connection.dialect)
    values = compiled.construct_params(shape.parameters(query) | given, _check=False)
    result = connection.exec_driver_sql(str(compiled), tuple(values[name] for name in compiled.positiontup or ()))
    limit = query.limit
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
    table, number = (published, published.c.number) if shape.agreement else (holding, holding.c.seq)
    columns = [
        number.label("number"),
        table.c.id,
        table.c.version,
        type_coerce(table.c.added_at, BigInteger).label("added"),
    ]
    rows = select(*columns)
    if shape.with_bytes:
        raw = func.coalesce(published.c.raw, body.c.raw) if shape.agreement else body.c.raw
        rows = rows.add_columns(raw.label("raw")).join_from(table, body, body.c.seq == table.c.seq)
    rows = rows.where(number > bindparam("after"))
    rows = rows.where(_published_versions(shape) if shape.agreement else _versions(shape))
    if shape.ids:
        rows = rows.where(among(table.c.id, "ids"))
    if shape.many_types:
        rows = rows.where(among(table.c.type, "types"))
    most = bindparam("most", type_=BigInteger)
    if shape.types < 1:
        return rows.order_by(number).limit(most)
    parts = [
        rows.where(table.c.type == bindparam(f"type_{which}")).order_by(number).limit(most).subquery()
        for which in range(shape.types)
    ]
    every = union_all(*(select(part) for part in parts)).subquery()
    return select(every).order_by(every.c.number).limit(most)


def _published_versions(shape: _Shape) -> ColumnElement[bool]:
    """The one version of an object is the last, the first and all of them."""
    here = published.c.agreement == bindparam("agreement")
    if not shape.times or shape.last or shape.first or shape.every:
        return here
    return and_(here, _at_times(published))


def _at_times(table: Table) -> ColumnElement[bool]:
    """Whether a version is one of those asked for; what has none goes by the date it was added."""
    unversioned = table.c.version == _text("")
    added = type_coerce(table.c.added_at, BigInteger)
    named = among(_order(table.c.version), "times")
    return or_(and_(~unversioned, named), and_(unversioned, among(added, "moments")))


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
        wanted.append(_at_times(holding))
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
    return func.rtrim(version, _text(_ENDING))


def _text(text: str) -> ColumnElement[str]:
    return literal_column(f"'{text}'", Text)


def _comparable(time: str) -> str:
    return time.rstrip(_ENDING)


def _position_at(connection: Connection, position: Select[Any], query: Query) -> int:
    """The position behind which everything was added after the time of the query."""
    if query.added_after is None:
        return 0
    return int(connection.execute(position, {"moment": query.added_after}).scalar() or 0)
