"""The rows of new holdings: the object, its bytes, what it refers to, its names, the words in it."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, update

from backchannel.core.known_by import searchable, terms_of
from backchannel.flow.ports import NewObject
from backchannel.store import sequences
from backchannel.store.bulk import insert_rows
from backchannel.store.marks import MARKING, Levels, definitions_given, judge_anew, marks_among
from backchannel.store.schema import body, edge, holding, microseconds, original, term
from backchannel.store.text_index import insert_words

_supersede = update(holding).where(holding.c.seq == bindparam("which")).values(current=False)


class Fresh(NamedTuple):
    """An object that will be held under `seq`: its id, and the ids it refers to."""

    seq: int
    id: str
    new: NewObject
    targets: set[str]


class Rows:
    """Writes batches of new holdings of one source."""

    def __init__(self, connection: Connection, source: int, now: datetime) -> None:
        self._connection = connection
        self._source = source
        self._now = microseconds(now)
        self._last_form: tuple[bytes | None, int | None] = (None, None)

    def write(self, fresh: list[Fresh], numbers: dict[str, int], current: set[int], superseded: set[int]) -> None:
        """Write all rows of a batch. `numbers` are those of the labels in it; `current` has the `seq` of the
        newest version of each object, `superseded` of those that were it before."""
        forms = self._forms(fresh)
        levels = self._levels(fresh)
        holdings = [
            self._holding(one, numbers, one.seq in current, level, form)
            for one, level, form in zip(fresh, levels, forms, strict=True)
        ]
        insert_rows(self._connection, holding, holdings)
        insert_rows(self._connection, body, [(one.seq, one.new.object.raw) for one in fresh])
        edges = [(target, one.seq) for one in fresh for target in one.targets]
        insert_rows(self._connection, edge, edges)
        terms = sorted((*found, one.seq) for one in fresh for found in terms_of(one.new.object.value))
        insert_rows(self._connection, term, terms)
        insert_words(self._connection, ((one.seq, searchable(one.new.object.value)) for one in fresh))
        if superseded:
            self._connection.execute(_supersede, [{"which": seq} for seq in sorted(superseded)])
        for one in fresh:
            if one.new.object.type == MARKING:
                judge_anew(self._connection, one.id, fresh[0].seq)

    def _holding(
        self, one: Fresh, numbers: dict[str, int], current: bool, level: str, form: int | None
    ) -> tuple[Any, ...]:
        """One row of `schema.holding`, in the order of its columns."""
        new = one.new
        return (
            one.seq,
            one.id,
            new.object.type,
            new.object.version,
            self._source,
            current,
            level,
            new.default_tlp,
            new.grade,
            new.generated,
            new.reduced,
            numbers[new.agreement] if new.agreement else None,
            numbers[new.envelope] if new.envelope else None,
            form,
            self._now,
        )

    def _levels(self, fresh: list[Fresh]) -> list[str]:
        wanted = marks_among(set().union(*(one.targets for one in fresh)))
        arriving = (one.new.object for one in fresh)
        levels = Levels(definitions_given(self._connection, self._source, wanted, arriving))
        return [levels.of(one.new.object.value, one.new.default_tlp) for one in fresh]

    def _forms(self, fresh: list[Fresh]) -> list[int | None]:
        """Keep the foreign forms, and give the number of each object's. A form that several objects in a row
        were made from (an event) is kept once."""
        rows: list[tuple[int, bytes]] = []
        numbers: list[int | None] = []
        for one in fresh:
            form = one.new.original
            if form is not None and form != self._last_form[0]:
                number = sequences.take(self._connection, sequences.ORIGINALS, 1)
                rows.append((number, form))
                self._last_form = (form, number)
            numbers.append(None if form is None else self._last_form[1])
        insert_rows(self._connection, original, rows)
        return numbers
