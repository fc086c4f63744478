"""The rows of new holdings: the object, its bytes, what it refers to, its names, the words in it."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, update

from backchannel.core import marking
from backchannel.flow.ports import NewObject
from backchannel.store import sequences
from backchannel.store.marks import MARKING, definitions_given, judge_anew, marks_among
from backchannel.store.schema import body, edge, holding, original, term
from backchannel.store.terms import searchable, terms_of
from backchannel.store.text_index import insert_words

_supersede = update(holding).where(holding.c.seq == bindparam("which")).values(current=False)


class Fresh(NamedTuple):
    """An object that will be held under `seq`, and the ids it refers to."""

    seq: int
    new: NewObject
    targets: set[str]


class Rows:
    """Writes batches of new holdings of one source."""

    def __init__(self, connection: Connection, source: int, now: datetime) -> None:
        self._connection = connection
        self._source = source
        self._now = now
        self._last_form: tuple[bytes | None, int | None] = (None, None)

    def write(
        self, fresh: list[Fresh], numbers: dict[str, int], current: set[int], superseded: set[int]
    ) -> None:
        """Write all rows of a batch. `numbers` are those of every name in it; `current` has the `seq` of the
        newest version of each object, `superseded` of those that were it before."""
        forms = self._forms(fresh)
        levels = self._levels(fresh)
        self._insert(
            holding,
            [
                self._holding(one, numbers, one.seq in current) | {"tlp": level, "original": form}
                for one, level, form in zip(fresh, levels, forms, strict=True)
            ],
        )
        self._insert(body, [{"seq": one.seq, "raw": one.new.object.raw} for one in fresh])
        self._insert(
            edge, [{"seq": one.seq, "target": numbers[target]} for one in fresh for target in one.targets]
        )
        terms = sorted((*found, one.seq) for one in fresh for found in terms_of(one.new.object.value))
        self._insert(term, [{"key": key, "kind": kind, "seq": seq} for key, kind, seq in terms])
        insert_words(self._connection, ((one.seq, searchable(one.new.object.value)) for one in fresh))
        if superseded:
            self._connection.execute(_supersede, [{"which": seq} for seq in sorted(superseded)])
        for one in fresh:
            if one.new.object.type == MARKING:
                judge_anew(self._connection, numbers[one.new.object.id])

    def _insert(self, table: Any, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(insert(table), rows)

    def _holding(self, one: Fresh, numbers: dict[str, int], current: bool) -> dict[str, Any]:
        new = one.new
        return {
            "seq": one.seq,
            "object": numbers[new.object.id],
            "type": new.object.type,
            "version": new.object.version,
            "source": self._source,
            "current": current,
            "default_tlp": new.default_tlp,
            "grade": new.grade,
            "generated": new.generated,
            "reduced": new.reduced,
            "agreement": numbers[new.agreement] if new.agreement else None,
            "envelope": numbers[new.envelope] if new.envelope else None,
            "added_at": self._now,
        }

    def _levels(self, fresh: list[Fresh]) -> list[str]:
        wanted = marks_among(target for one in fresh for target in one.targets)
        arriving = (one.new.object for one in fresh)
        given = definitions_given(self._connection, self._source, wanted, arriving)
        return [marking.effective(one.new.object.value, one.new.default_tlp, given) for one in fresh]

    def _forms(self, fresh: list[Fresh]) -> list[int | None]:
        """Keep the foreign forms, and give the number of each object's. A form that several objects in a row
        were made from (an event) is kept once."""
        rows: list[dict[str, Any]] = []
        numbers: list[int | None] = []
        for one in fresh:
            form = one.new.original
            if form is not None and form != self._last_form[0]:
                number = sequences.take(self._connection, sequences.ORIGINALS, 1)
                rows.append({"number": number, "data": form})
                self._last_form = (form, number)
            numbers.append(None if form is None else self._last_form[1])
        self._insert(original, rows)
        return numbers
