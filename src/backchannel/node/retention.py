"""Carrying retention out: in a sync when something can be due, and by command; what is due, and what stayed of it.

Rules: the write lock is held for one step at a time. After content went, its words are merged out of the full-text
index, and the write-ahead log is folded into the file.
"""

from datetime import datetime, timedelta

import msgspec

from backchannel.errors import ClockJumped, NotFound
from backchannel.flow import retention
from backchannel.flow.ports import Transaction
from backchannel.flow.ports_retention import Cause, Tombstone
from backchannel.flow.record import state_now, terms_of
from backchannel.node.node import Node
from backchannel.node.parties import party_names
from backchannel.node.prefix import the_one

STEP = 250
"""Object versions of the holdings, and of the inbox, that go in one transaction."""

MOST_A_SYNC = 20_000
"""Object versions that one sync destroys; the next goes on."""

PASS_EVERY = timedelta(hours=1)
"""How often a sync looks for what is due by the calendar."""

PAGES, MOST_MERGES = 128, 256
"""Pages of the full-text index that are merged in one transaction, and how often in one pass."""


class Carried(msgspec.Struct):
    """What a pass did, in object versions: destroyed, and kept because another agreement allows it; `values` counts
    those of matching that were let go of. `waits` says that a pass was so long ago that the clock may be wrong;
    `more` that the next pass goes on."""

    destroyed: int = 0
    moved: int = 0
    values: int = 0
    more: bool = False
    waits: timedelta | None = None


class DueView(msgspec.Struct, frozen=True):
    """What the terms of an agreement say of what came under it, and how much of that must go now."""

    agreement: str
    with_: str = msgspec.field(name="with")
    state: str
    destroy_after_days: int
    on_end: str
    due: int
    cause: Cause | None


class Overview(msgspec.Struct, frozen=True):
    """Retention as a whole: every agreement under which something can have come, when it was last carried out, and
    whether the officer must say that the clock is right first."""

    agreements: list[DueView]
    last_pass: datetime | None
    clock_in_doubt: bool


def is_due(node: Node) -> bool:
    """Whether a sync has anything to carry out: an agreement changed since the last pass, that was an hour ago, or
    something is still to be cleaned. Else a pass would look through everything for nothing."""
    with node.db.read() as tx:
        last, now = tx.retention.last_pass(), node.clock()
        if last is None or now - last >= PASS_EVERY or tx.retention.is_unclean():
            return True
        return any(row.updated_at >= last for row in tx.agreements.all())


def run(node: Node, *, most: int | None = None, clock_is_right: bool = False) -> Carried:
    """Destroy what is due, at most so many object versions.

    If the last pass was more than `clock_jump_days` ago and nobody says that the clock is right, only what was ended
    by a party is dealt with.
    """
    done = Carried()
    with node.db.read() as tx:
        now = node.clock()
        jump = retention.clock_jump(tx, now, timedelta(days=node.settings.clock_jump_days))
        done.waits = None if clock_is_right else jump
        agreements = list(retention.swept_now(tx.agreements.all(), by_calendar=done.waits is None))
    if done.waits is None:
        _expire(node, now, most, done)
    for agreement in agreements:
        _sweep(node, agreement, now, most, done)
    if done.waits is None and not done.more:
        _note_pass(node, now)
    _clean(node)
    return done


def run_by_hand(node: Node, *, clock_is_right: bool) -> Carried:
    """The same by the officer's command, to its end.

    Raises:
        ClockJumped: the clock may be wrong. What a party ended was dealt with.
    """
    done = run(node, clock_is_right=clock_is_right)
    if done.waits is not None:
        raise ClockJumped(
            f"the last pass was {done.waits.days} days ago, and this clock says {node.clock():%Y-%m-%d %H:%M} UTC"
        )
    _note_pass(node, node.clock())
    return done


def overview(node: Node) -> Overview:
    """What must go now, and would by the next pass."""
    with node.db.read() as tx:
        now = node.clock()
        names = party_names(tx)
        views = []
        for row in tx.agreements.all():
            found = retention.obligation(tx, row, now)
            if found is None:
                continue
            due, kept = tx.retention.count_due(found.due), terms_of(row).retention
            views.append(
                DueView(
                    agreement=row.id,
                    with_=names.get(row.party, row.party),
                    state=state_now(row, now).shown,
                    destroy_after_days=kept.destroy_after_days,
                    on_end=kept.on_end,
                    due=due,
                    cause=found.cause if due else None,
                )
            )
        jump = retention.clock_jump(tx, now, timedelta(days=node.settings.clock_jump_days))
        return Overview(views, tx.retention.last_pass(), jump is not None)


def tombstones(node: Node, prefix: str | None, limit: int) -> list[Tombstone]:
    """What is gone, the latest first; with `prefix` every version of the one object whose id begins so.

    Raises:
        NotFound, Ambiguous: no object that is gone, or several.
    """
    with node.db.read() as tx:
        if prefix is None:
            return tx.retention.tombstones(limit=limit)
        return tx.retention.tombstones(_gone(tx, prefix), limit)


def gone_of(node: Node, prefix: str) -> list[Tombstone]:
    """The tombstones of one object; none if no object that begins so is gone."""
    try:
        return tombstones(node, prefix, 100)
    except NotFound:
        return []


def _gone(tx: Transaction, prefix: str) -> str:
    return the_one(prefix, tx.retention.tombstone_ids_beginning(prefix, limit=2), "object that is gone")


# --- the pieces ------------------------------------------------------------------------------------------------


def _expire(node: Node, now: datetime, most: int | None, done: Carried) -> None:
    while most is None or done.destroyed < most:
        with node.db.write() as tx:
            gone = retention.expire(tx, now, STEP)
        node.us.reached("retention.expired")
        done.destroyed += gone
        if gone < STEP:
            return
    done.more = True


def _sweep(node: Node, agreement: str, now: datetime, most: int | None, done: Carried) -> None:
    while True:
        room = STEP if most is None else min(STEP, most - done.destroyed)
        if room <= 0:
            done.more = True
            return
        with node.db.write() as tx:
            swept = retention.sweep(tx, agreement, now, room)
        node.us.reached("retention.swept")
        done.destroyed += swept.gone
        done.moved += swept.moved
        done.values += swept.values
        if not swept.more:
            return


def _note_pass(node: Node, now: datetime) -> None:
    with node.db.write() as tx:
        tx.retention.put_last_pass(now)


def _clean(node: Node) -> None:
    with node.db.read() as tx:
        unclean = tx.retention.is_unclean()
    if not unclean:
        return
    for _ in range(MOST_MERGES):
        with node.db.write() as tx:
            if not tx.retention.clean(PAGES):
                break
    if node.db.fold():
        with node.db.write() as tx:
            tx.retention.folded()
