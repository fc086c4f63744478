"""Taking away what came in, and the tombstones that stay: id, version, SHA-256, source, agreement, envelope, times.

Rules: a tombstone is written in the transaction that takes the content away, and holds none of it. Only what one
source gave goes; the same object from another one, or our own, is another holding. What came from a source under two
agreements stays under the one that still allows it. Freed places of the file are overwritten (`secure_delete`); the
words in the full-text index go when its parts are merged (`clean`).
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, select, tuple_
from sqlalchemy.dialects.sqlite import insert as insert_or_nothing

from backchannel.flow.ports_retention import Cause, Due, Going, Swept, Tombstone
from backchannel.store import sequences, text_index
from backchannel.store.going import Sweep, take_away, taken_from_inbox
from backchannel.store.labels import make_numbers, parts
from backchannel.store.lists import LAST_CHARACTER, among, as_list, as_pairs, pairs
from backchannel.store.schema import holding, inbox, label, microseconds, received, source
from backchannel.store.schema_recalls import came, tombstone
from backchannel.store.sources import source_number

_LAST_CARRIED_OUT = "retention.last"
_UNCLEAN = "retention.unclean"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TO_BEGIN, _BEGUN, _TO_FOLD = 1, 2, 3
"""What has to be cleaned: nothing is merged yet; merging goes on; the log is still to be folded into the file."""

_pair = pairs("pairs")
_agreement, _envelope = label.alias("agreement_label"), label.alias("envelope_label")
_tombstones = (
    select(
        tombstone.c.object_id,
        tombstone.c.version,
        tombstone.c.sha256,
        source.c.key,
        source.c.name,
        _agreement.c.text,
        _envelope.c.text,
        tombstone.c.received_at,
        tombstone.c.gone_at,
        tombstone.c.cause,
        tombstone.c.recall,
    )
    .join(source, source.c.number == tombstone.c.source)
    .outerjoin(_agreement, _agreement.c.number == tombstone.c.agreement)
    .outerjoin(_envelope, _envelope.c.number == tombstone.c.envelope)
    .order_by(tombstone.c.number.desc())
)
_came_first = insert_or_nothing(came).on_conflict_do_nothing()
_elsewhere_held = (
    select(holding.c.id, holding.c.version)
    .select_from(_pair)
    .join(holding, (holding.c.id == _pair.c.first) & (holding.c.version == _pair.c.second))
)
_elsewhere_waiting = (
    select(inbox.c.object_id, inbox.c.version, inbox.c.party, inbox.c.agreement)
    .select_from(_pair)
    .join(inbox, (inbox.c.object_id == _pair.c.first) & (inbox.c.version == _pair.c.second))
)


def _among_pairs(identifier: ColumnElement[str], version: ColumnElement[str]) -> ColumnElement[bool]:
    return tuple_(identifier, version).in_(select(_pair.c.first, _pair.c.second))


class SqlRetention:
    """`flow.ports_retention.Retention` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- when what came ------------------------------------------------------------------------------------

    def received(self, agreement: str, source: str, versions: Iterable[tuple[str, str, datetime]]) -> None:
        """Put on record when object versions that were accepted later came in: (id, version, time)."""
        for part in parts(versions):
            self._enter(agreement, source, {(identifier, version): at for identifier, version, at in part})

    def also_received(self, agreement: str, source: str, versions: Iterable[tuple[str, str]], at: datetime) -> None:
        """Put on record that object versions, (id, version), came again, under this agreement. Only what is here
        under another one is."""
        number, giver = self._numbers(agreement, source)
        held = _elsewhere_held.where(holding.c.source == giver, holding.c.agreement != number)
        for part in parts(versions):
            asked = {"pairs": as_pairs(part)}
            found = {tuple(row) for row in self._connection.execute(held, asked)}
            # Whose it is, is compared here: in the statement it would lead through all that waits of one party.
            for one in self._connection.execute(_elsewhere_waiting, asked):
                if one.party == source and one.agreement != agreement:
                    found.add((one.object_id, one.version))
            self._enter(agreement, source, dict.fromkeys(found, at))

    def _enter(self, agreement: str, giver: str, versions: dict[tuple[str, str], datetime]) -> None:
        number, source_ = self._numbers(agreement, giver)
        rows = [
            {"object_id": identifier, "version": version, "source": source_, "agreement": number, "at": at}
            for (identifier, version), at in versions.items()
        ]
        if rows:
            self._connection.execute(_came_first, rows)

    def _numbers(self, agreement: str, giver: str) -> tuple[int, int]:
        return make_numbers(self._connection, (agreement,))[agreement], source_number(self._connection, giver)

    # --- taking away ---------------------------------------------------------------------------------------

    def withdraw(self, source: str, ids: Collection[str], going: Going) -> int:
        """Take away every version of these objects that came from a source, held or waiting; how many."""
        giver = source_number(self._connection, source)
        held = take_away(self._connection, giver, among(holding.c.id, "ids"), {"ids": as_list(ids)}, going)
        waiting = taken_from_inbox(
            self._connection, giver, source, among(inbox.c.object_id, "ids"), {"ids": as_list(ids)}, going
        )
        self._soiled(held)
        named = delete(came).where(came.c.source == giver, among(came.c.object_id, "ids"))
        self._connection.execute(named, {"ids": as_list(ids)})
        return held + waiting

    def expire(self, source: str, versions: Collection[tuple[str, str]], going: Going) -> int:
        """Take away these object versions, (id, version), that came from a source, held or waiting; how many."""
        giver, asked = source_number(self._connection, source), {"pairs": as_pairs(versions)}
        held = take_away(self._connection, giver, _among_pairs(holding.c.id, holding.c.version), asked, going)
        waits = _among_pairs(inbox.c.object_id, inbox.c.version)
        waiting = taken_from_inbox(self._connection, giver, source, waits, asked, going)
        self._soiled(held)
        return held + waiting

    def sweep(self, due: Due, going: Going, limit: int) -> Swept:
        """Take away what must go of an agreement, at most `limit` object versions in each of the holdings and the
        inbox; what another agreement still allows goes over to that one."""
        swept = Sweep(self._connection, due).run(going, limit)
        self._soiled(swept.gone)
        return swept

    def count_due(self, due: Due) -> int:
        """How many object versions a sweep would take away."""
        return Sweep(self._connection, due).count()

    # --- what stays ----------------------------------------------------------------------------------------

    def tombstones(self, object_id: str | None = None, limit: int = 100) -> list[Tombstone]:
        """What is gone, the latest first; with `object_id` only versions of that object."""
        wanted = _tombstones.limit(limit)
        if object_id is not None:
            wanted = wanted.where(tombstone.c.object_id == object_id)
        rows = self._connection.execute(wanted)
        return [Tombstone(*row[:9], Cause(row[9]), row[10]) for row in rows]

    def tombstone_ids_beginning(self, prefix: str, limit: int = 10) -> list[str]:
        """Ids of objects with a tombstone that begin like this, in order."""
        column = tombstone.c.object_id
        ids = select(column).where(column >= prefix, column < prefix + LAST_CHARACTER).distinct()
        return list(self._connection.execute(ids.order_by(column).limit(limit)).scalars())

    def last_pass(self) -> datetime | None:
        """The latest time at which retention was carried out; None if it never was."""
        found = sequences.last(self._connection, _LAST_CARRIED_OUT)
        return _EPOCH + timedelta(microseconds=found) if found else None

    def put_last_pass(self, at: datetime) -> None:
        """Keep that retention was carried out at a time. It never goes back."""
        if microseconds(at) > sequences.last(self._connection, _LAST_CARRIED_OUT):
            sequences.keep(self._connection, _LAST_CARRIED_OUT, microseconds(at))

    def last_received(self) -> datetime | None:
        """When anything came in last."""
        latest = select(received.c.at).order_by(received.c.number.desc()).limit(1)
        return self._connection.execute(latest).scalar()

    # --- what the file still says --------------------------------------------------------------------------

    def to_fold(self) -> None:
        """Keep that something went which has no place in the full-text index: pages of it may be in the log."""
        if not sequences.last(self._connection, _UNCLEAN):
            sequences.keep(self._connection, _UNCLEAN, _TO_FOLD)

    def is_unclean(self) -> bool:
        """Whether words of what is gone may still be in the full-text index, or pages of it in the log."""
        return bool(sequences.last(self._connection, _UNCLEAN))

    def clean(self, pages: int) -> bool:
        """Merge parts of the full-text index, of so many pages; whether that is not all yet."""
        stage = sequences.last(self._connection, _UNCLEAN)
        if stage not in (_TO_BEGIN, _BEGUN):
            return False
        more = text_index.merge(self._connection, pages, begin=stage == _TO_BEGIN)
        sequences.keep(self._connection, _UNCLEAN, _BEGUN if more else _TO_FOLD)
        return more

    def folded(self) -> None:
        """Keep that the log was folded into the file after the last merge."""
        if sequences.last(self._connection, _UNCLEAN) == _TO_FOLD:
            sequences.keep(self._connection, _UNCLEAN, 0)

    def _soiled(self, gone: int) -> None:
        if gone:
            sequences.keep(self._connection, _UNCLEAN, _TO_BEGIN)
