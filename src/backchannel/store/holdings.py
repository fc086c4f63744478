"""All objects of the node, each kept once per (id, version, source): looking up, listing, references, names.

Rules: lists are read in pages by `seq`, so that memory does not grow with the store. References are those
of the newest version from each source; names are of all versions unless asked otherwise. Lists of ids of
any length are asked in parts.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    bindparam,
    cast,
    column,
    exists,
    func,
    select,
)

from backchannel.core.incoming import KnownFrom, Offered
from backchannel.core.known_by import KEY_LIMIT, stored_key
from backchannel.core.release_records import Bearer
from backchannel.core.stix import decode_held, targets
from backchannel.flow.ports import AddOutcome, Conflict, Edge, Filter, Held, NewObject, Term
from backchannel.store.conflicts import recorded_conflicts
from backchannel.store.intake import Intake
from backchannel.store.known import known_held
from backchannel.store.labels import number_of, parts
from backchannel.store.lists import LAST_CHARACTER, among, as_list
from backchannel.store.removal import remove_own
from backchannel.store.schema import body, edge, holding, label, original, source, term
from backchannel.store.text_index import matching, query_of

PAGE = 500
"""Objects read at a time."""

_agreement = label.alias("agreement_label")
_envelope = label.alias("envelope_label")

_held = (
    select(
        holding.c.seq,
        holding.c.id,
        holding.c.type,
        holding.c.version,
        source.c.key.label("source"),
        source.c.name.label("source_name"),
        source.c.own,
        holding.c.tlp,
        _agreement.c.text.label("agreement"),
        _envelope.c.text.label("envelope"),
        holding.c.grade,
        holding.c.reduced,
        holding.c.added_at,
        body.c.raw,
    )
    .select_from(holding)
    .join(source, source.c.number == holding.c.source)
    .join(body, body.c.seq == holding.c.seq)
    .outerjoin(_agreement, _agreement.c.number == holding.c.agreement)
    .outerjoin(_envelope, _envelope.c.number == holding.c.envelope)
    .order_by(holding.c.seq)
)
_edges_to = (
    select(holding.c.id, holding.c.type, edge.c.target)
    .select_from(edge)
    .join(holding, holding.c.seq == edge.c.seq)
    .where(holding.c.current, among(edge.c.target, "ids"))
    .distinct()
)
_ours = holding.c.source.in_(
    select(source.c.number).where(source.c.own | (source.c.key == bindparam("also", type_=Text)))
)
_current = (
    select(holding.c.type, body.c.raw)
    .join(body, body.c.seq == holding.c.seq)
    .where(holding.c.current, among(holding.c.id, "ids"))
)
_terms = (
    select(term.c.key, term.c.kind, holding.c.id, holding.c.type)
    .select_from(term)
    .join(holding, holding.c.seq == term.c.seq)
    .where(among(term.c.key, "keys"), among(term.c.kind, "kinds"))
    .distinct()
)
_borne = term.join(holding, holding.c.seq == term.c.seq).join(source, source.c.number == holding.c.source)
_bearer = (term.c.key, term.c.kind, holding.c.id, holding.c.type)
_bearers = (
    select(
        *_bearer,
        func.min(holding.c.seq),
        func.max(cast(source.c.own, Integer)),
        func.max(cast(holding.c.current, Integer)),
    )
    .select_from(_borne)
    .where(among(term.c.key, "keys"))
    .group_by(*_bearer)
)
_bearing_versions = (
    select(term.c.key, holding.c.id, holding.c.version)
    .select_from(term)
    .join(holding, holding.c.seq == term.c.seq)
    .where(among(holding.c.id, "ids"), among(holding.c.version, "versions"), among(term.c.key, "keys"))
    .distinct()
)
_run = column("value", Text)
# A key is words with single blanks between: what sorts from `evil` up to `evil!` is `evil` and `evil …`.
_beginnings = (
    select(_run)
    .select_from(func.json_each(bindparam("runs")))
    .where(exists(select(term.c.seq).where(term.c.key >= _run, term.c.key < _run.concat("!")).correlate_except(term)))
)
_from_others = (
    select(holding.c.id)
    .join(source, source.c.number == holding.c.source)
    .where(among(holding.c.id, "ids"), source.c.key != bindparam("source"))
    .distinct()
)
_types = select(holding.c.id, holding.c.type).where(among(holding.c.id, "ids")).distinct()
_seqs = select(holding.c.seq).where(among(holding.c.id, "ids"))


class _Named(msgspec.Struct, frozen=True):
    name: Any = None


_named = msgspec.json.Decoder(_Named)


class SqlHoldings:
    """`flow.ports.Holdings` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, objects: Iterable[NewObject], *, source: str, now: datetime) -> AddOutcome:
        """Take objects of one source in; conflicts are recorded, and what was held first stays."""
        return Intake(self._connection, source, now).run(objects)

    def get(self, object_id: str) -> list[Held]:
        """Every version from every source, in the order they came."""
        return [_as_held(row) for row in self._connection.execute(_held.where(holding.c.id == object_id))]

    def find(self, query: Filter) -> Iterator[Held]:
        """The holdings that match, in the order they came."""
        left = query.limit
        for page in self._pages(query, _held):
            for row in page[:left]:
                yield _as_held(row)
            if left is not None and (left := left - len(page)) <= 0:
                return

    def known(self, ids: Collection[str], offered: Collection[Offered]) -> dict[str, list[KnownFrom]]:
        """What is held of these ids, by source; of the versions offered with their digests."""
        return known_held(self._connection, ids, offered)

    def types_of(self, ids: Collection[str]) -> dict[str, str]:
        """The types of those ids that are held."""
        found: dict[str, str] = {}
        for part in parts(ids):
            rows = self._connection.execute(_types, {"ids": as_list(part)})
            found.update((identifier, type_) for identifier, type_ in rows)
        return found

    def held_from_others(self, ids: Collection[str], source: str) -> set[str]:
        """Those of these ids that are held from anybody but one source, ourselves included."""
        found: set[str] = set()
        for part in parts(ids):
            found.update(self._connection.execute(_from_others, {"ids": as_list(part), "source": source}).scalars())
        return found

    def ids_beginning(self, prefix: str, limit: int = 10) -> list[str]:
        """Ids of held objects that begin like this, in order."""
        ids = select(holding.c.id).where(holding.c.id >= prefix, holding.c.id < prefix + LAST_CHARACTER)
        return list(self._connection.execute(ids.distinct().order_by(holding.c.id).limit(limit)).scalars())

    def original_of(self, seq: int) -> bytes | None:
        """The foreign form that a holding was made from, as received; None if there was none."""
        form = select(original.c.data).join(holding, holding.c.original == original.c.number)
        return self._connection.execute(form.where(holding.c.seq == seq)).scalar()

    def edges_from(self, ids: Collection[str], *, own: bool = False, also: str = "") -> list[Edge]:
        """What these objects refer to; with `own`, only as our own objects say, and those of the party `also`."""
        found: set[Edge] = set()
        statement, chosen = (_current.where(_ours), {"also": also}) if own else (_current, {})
        for part in parts(ids, PAGE):
            for type_, raw in self._connection.execute(statement, {"ids": as_list(part), **chosen}):
                one = decode_held(raw)
                found.update(Edge(one.id, type_, target) for target in targets(one))
        return sorted(found)

    def edges_to(self, ids: Collection[str], *, own: bool = False, also: str = "") -> list[Edge]:
        """What refers to these objects, whether they are held or not; with `own`, only our own objects, and those of
        the party `also`."""
        found: list[Edge] = []
        statement, chosen = (_edges_to.where(_ours), {"also": also}) if own else (_edges_to, {})
        for part in parts(ids):
            rows = self._connection.execute(statement, {"ids": as_list(part), **chosen})
            found += [Edge(*row) for row in rows]
        return found

    def terms(
        self,
        keys: Collection[str],
        kinds: Collection[str] = ("name", "alias", "value"),
        *,
        current: bool = False,
    ) -> list[Term]:
        """Which objects go by these keys in any version, or, if `current`, in their newest."""
        asked = {stored_key(key): key for key in keys}
        statement = _terms.where(holding.c.current) if current else _terms
        found: list[Term] = []
        for part in parts(asked):
            rows = self._connection.execute(statement, {"keys": as_list(part), "kinds": as_list(kinds)})
            found += [Term(asked[key], kind, identifier, type_) for key, kind, identifier, type_ in rows]
        return found

    def bearers(self, keys: Collection[str], crossed: Mapping[str, str]) -> dict[str, list[Bearer]]:
        """Who bears these keys in any version; `crossed` says which version of each object crossed."""
        asked = {stored_key(key): key for key in keys}
        found: dict[str, list[Bearer]] = {}
        for part in parts(asked):
            rows = list(self._connection.execute(_bearers, {"keys": as_list(part)}))
            crossed_in = self._bear_it_in(part, {row.id: crossed[row.id] for row in rows if row.id in crossed})
            for key, kind, identifier, type_, since, own, current in rows:
                versions = crossed_in.get((key, identifier), frozenset())
                one = Bearer(identifier, type_, kind, since, bool(own), bool(current), versions)
                found.setdefault(asked[key], []).append(one)
        return found

    def _bear_it_in(self, keys: list[str], versions: Mapping[str, str]) -> dict[tuple[str, str], frozenset[str]]:
        """(key, id) of every object that bears the key in the version named for it, with that version."""
        if not versions:
            return {}
        asked = {"keys": as_list(keys), "ids": as_list(versions), "versions": as_list(set(versions.values()))}
        return {
            (key, identifier): frozenset({version})
            for key, identifier, version in self._connection.execute(_bearing_versions, asked)
            if versions[identifier] == version
        }

    def beginnings(self, runs: Collection[str]) -> set[str]:
        """Those runs of words that the key of any term begins with; among them all that are too long to tell."""
        found = {run for run in runs if len(run) > KEY_LIMIT}
        for part in parts(run for run in runs if len(run) <= KEY_LIMIT):
            found.update(self._connection.execute(_beginnings, {"runs": as_list(part)}).scalars())
        return found

    def remove_own(self, object_id: str, versions: Sequence[str] | None) -> int:
        """Take away those versions of an object that are ours, all of them where none is named; how many."""
        return remove_own(self._connection, object_id, versions)

    def conflicts(self, object_id: str | None = None, limit: int = 100) -> list[Conflict]:
        """The latest contradictions on record, newest first; with `object_id` only those about that object."""
        return recorded_conflicts(self._connection, object_id, limit)

    # --- filters -------------------------------------------------------------------------------------------

    def _pages(self, query: Filter, statement: Select[Any]) -> Iterator[list[Any]]:
        """Rows of a statement on `holding` that match, page by page; `seq` stands first in each row."""
        narrowed = statement.where(*self._conditions(query))
        candidates = self._candidates(query)
        if candidates is not None:
            chosen = among(holding.c.seq, "seqs")
            for part in candidates:
                yield list(self._connection.execute(narrowed.where(chosen), {"seqs": as_list(part)}))
            return
        after = query.after
        while page := list(self._connection.execute(narrowed.where(holding.c.seq > after).limit(PAGE))):
            yield page
            after = page[-1].seq

    def _candidates(self, query: Filter) -> Iterator[list[int]] | None:
        """Where ids or words are asked for: the `seq` that they leave, in order. None if neither is."""
        if query.text is not None:
            words = query_of(query.text)
            found = matching(self._connection, words, query.after) if words else iter(())
            if query.ids is None:
                return found
            named = set(self._seqs_of(query))
            return (hits for page in found if (hits := [seq for seq in page if seq in named]))
        if query.ids is not None:
            return parts([seq for seq in self._seqs_of(query) if seq > query.after], PAGE)
        return None

    def _seqs_of(self, query: Filter) -> list[int]:
        """Those of the ids asked for; of the newest versions only, where only those are wanted."""
        found: list[int] = []
        statement = _seqs.where(holding.c.current) if query.latest else _seqs
        for part in parts(query.ids or ()):
            found += self._connection.execute(statement, {"ids": as_list(part)}).scalars()
        return sorted(found)

    def _conditions(self, query: Filter) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        if query.type is not None:
            conditions.append(holding.c.type == query.type)
        if query.tlp is not None:
            conditions.append(holding.c.tlp == query.tlp)
        if query.since is not None:
            conditions.append(holding.c.added_at >= query.since)
        if query.until is not None:
            conditions.append(holding.c.added_at < query.until)
        if query.latest:
            conditions.append(holding.c.current)
        if query.agreement is not None:
            conditions.append(holding.c.agreement == (number_of(self._connection, query.agreement) or -1))
        if query.source is not None:
            conditions.append(holding.c.source.in_(self._sources(source.c.key == query.source)))
        if query.own is not None:
            conditions.append(holding.c.source.in_(self._sources(source.c.own.is_(query.own))))
        return conditions

    def _sources(self, condition: ColumnElement[bool]) -> list[int]:
        return list(self._connection.execute(select(source.c.number).where(condition)).scalars())


def _as_held(row: Any) -> Held:
    seq, identifier, type_, version, giver, giver_name, own, tlp, terms, envelope, grade, reduced, at, raw = row
    name = _named.decode(raw).name
    shown = name if isinstance(name, str) else ""
    origin = giver, giver_name, own
    return Held(seq, identifier, type_, version, *origin, shown, tlp, terms, envelope, grade, reduced, at, raw)
