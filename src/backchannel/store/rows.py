"""The rows of new holdings: the object, its bytes, what it refers to, its names, what it tells, the words in it."""

from datetime import datetime
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, bindparam, select, type_coerce, update

from backchannel.flow.ports import NewObject
from backchannel.store import sequences
from backchannel.store.bulk import insert_rows
from backchannel.store.marks import MARKING, Levels, definitions_given, judge_anew, marks_among
from backchannel.store.schema import body, edge, holding, microseconds, original, term, told
from backchannel.store.text_index import insert_words

_last_added = select(type_coerce(holding.c.added_at, BigInteger)).order_by(holding.c.seq.desc()).limit(1)
_supersede = update(holding).where(holding.c.seq == bindparam("which")).values(current=False)


class Fresh(NamedTuple):
    """An object that will be held under `seq`."""

    seq: int
    new: NewObject


class Rows:
    """Writes batches of new holdings of one source."""

    def __init__(self, connection: Connection, source: int, now: datetime) -> None:
        self._connection = connection
        self._source = source
        self._now = microseconds(now)
        self._last_added = connection.execute(_last_added).scalar() or 0
        self._last_form: tuple[bytes | None, int | None] = (None, None)

    def write(self, fresh: list[Fresh], numbers: dict[str, int], current: set[int], superseded: set[int]) -> None:
        """Write all rows of a batch. `numbers` are those of the labels in it; `current` has the `seq` of the
        newest version of each object, `superseded` of those that were it before."""
        forms = self._forms(fresh)
        levels = self._levels(fresh)
        added = max(self._now, self._last_added + 1)
        holdings = [
            self._holding(one, numbers, one.seq in current, level, form, at)
            for at, one, level, form in zip(count(added), fresh, levels, forms, strict=False)
        ]
        self._last_added = added + len(fresh) - 1
        insert_rows(self._connection, holding, holdings)
        insert_rows(self._connection, body, [(one.seq, one.new.raw) for one in fresh])
        edges = [(target, one.seq) for one in fresh for target in one.new.view.targets]
        insert_rows(self._connection, edge, edges)
        terms = sorted((*found, one.seq) for one in fresh for found in one.new.view.terms)
        insert_rows(self._connection, term, terms)
        insert_rows(self._connection, told, sorted((key, one.seq) for one in fresh for key in one.new.view.told))
        insert_words(self._connection, ((one.seq, one.new.view.text) for one in fresh))
        if superseded:
            self._connection.execute(_supersede, [{"which": seq} for seq in sorted(superseded)])
        for one in fresh:
            if one.new.view.type == MARKING:
                judge_anew(self._connection, one.new.view.id, fresh[0].seq)

    def _holding(
        self, one: Fresh, numbers: dict[str, int], current: bool, level: str, form: int | None, added: int
    ) -> tuple[Any, ...]:
        """One row of `schema.holding`, in the order of its columns."""
        new = one.new
        return (
            one.seq,
            new.view.id,
            new.view.type,
            new.view.version,
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
            added,
        )

    def _levels(self, fresh: list[Fresh]) -> list[str]:
        wanted = marks_among(set().union(*(one.new.view.targets for one in fresh)))
        arriving = (one.new.object() for one in fresh if one.new.view.type == MARKING)
        levels = Levels(definitions_given(self._connection, self._source, wanted, arriving))
        news = (one.new for one in fresh)
        return [levels.of(new.view.marks, new.default_tlp, new.raw) for new in news]

    def _forms(self, fresh: list[Fresh]) -> list[int | None]:
        """Keep the foreign forms, and give the number of each object's. A form that several objects in a row
        were made from (an event) is kept once."""
        last, last_number = self._last_form
        forms: list[bytes] = []
        places: list[int | None] = []
        for one in fresh:
            form = one.new.original
            if form is not None and form != last:
                forms.append(form)
                last = form
            places.append(None if form is None else len(forms))
        numbers = [last_number, *self._numbers_for(len(forms))]
        insert_rows(self._connection, original, [*zip(numbers[1:], forms, strict=True)])
        self._last_form = (last, numbers[-1])
        return [None if place is None else numbers[place] for place in places]

    def _numbers_for(self, count: int) -> range:
        first = sequences.take(self._connection, sequences.ORIGINALS, count) if count else 0
        return range(first, first + count)
