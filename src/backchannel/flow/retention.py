"""Retention: what came in under an agreement goes when its terms say so, and a tombstone stays.

Rules: the terms in force now decide, so that narrowed ones hold at once. What is older than `destroy_after_days`,
counted from its receipt, goes; once the agreement is over and its `on_end` is `destroy`, everything goes; `keep`
keeps it for the days that are left. What the same party also gave under another agreement stays as long as that one
allows. What matching found, and values that were looked up, go by the same terms, counted from when that was.

A clock that jumped ahead would destroy what is not due. So nothing that the calendar decides is destroyed if the last
pass was too long ago, until the officer says that the clock is right. A clock that was set back destroys nothing and
brings nothing back: what is gone is gone.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from backchannel.core.agreement import State
from backchannel.flow import match_retention, requests
from backchannel.flow.ending import OVER
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.ports_retention import Cause, Due, Going, Swept
from backchannel.flow.record import find, state_now, terms_of

ALWAYS = datetime.max.replace(tzinfo=UTC)
"""Everything came before it."""


class Obligation(NamedTuple):
    """What of one agreement must go now, and why."""

    due: Due
    cause: Cause


def obligation(tx: Transaction, row: AgreementRow, now: datetime) -> Obligation | None:
    """What must go of an agreement; None of one under which nothing can have come."""
    limits = {one.id: _may_stay_from(one, now) for one in tx.agreements.all() if one.party == row.party}
    mine = limits.pop(row.id)
    if mine is None:
        return None
    others = {one: limit[0] for one, limit in limits.items() if limit is not None and limit[0] != ALWAYS}
    return Obligation(Due(row.id, row.party, mine[0], others), mine[1])


def sweep(tx: Transaction, agreement: str, now: datetime, limit: int) -> Swept:
    """One step: at most `limit` object versions of an agreement go, or over to another one; when none is left to go,
    as much of what matching found as goes in one step."""
    row = find(tx, agreement)
    found = None if row is None else obligation(tx, row, now)
    if found is None:
        return Swept(0, 0, False)
    swept = tx.retention.sweep(found.due, Going(found.cause, now), limit)
    if swept.more:
        return swept
    matched = match_retention.forget(tx, agreement, found.due.before)
    forgotten = 0 if matched.more else requests.forget(tx, agreement, found.due.before)
    if matched.values or forgotten:
        tx.retention.to_fold()
    return swept._replace(values=matched.values, more=matched.more)


def expire(tx: Transaction, now: datetime, limit: int) -> int:
    """One step over what its originator, or a hop before us, lets be kept for less long than our terms with whoever
    gave it: at most `limit` object versions whose time is over go; how many were dealt with."""
    due = tx.provenances.due(now, limit)
    for source in {one.source for one in due}:
        versions = {(one.object_id, one.version) for one in due if one.source == source}
        tx.retention.expire(source, versions, Going(Cause.AGE, now))
    tx.provenances.forget(due)
    return len(due)


def clock_jump(tx: Transaction, now: datetime, allowed: timedelta) -> timedelta | None:
    """How long ago the last pass was, if that is so long that the clock may be wrong; None if it is not. A node that
    made none yet goes by when it received anything last."""
    last = tx.retention.last_pass() or tx.retention.last_received()
    since = now - last if last is not None else timedelta()
    return since if since > allowed else None


def swept_now(rows: Iterable[AgreementRow], *, by_calendar: bool) -> Iterator[str]:
    """The agreements to sweep; without `by_calendar` only those that a party ended."""
    return (row.id for row in rows if by_calendar or State(row.state) is State.ENDED)


def _may_stay_from(row: AgreementRow, now: datetime) -> tuple[datetime, Cause] | None:
    """What was received at this time or later may stay; and why the rest may not."""
    state = state_now(row, now)
    if state is not State.IN_FORCE and state not in OVER:
        return None
    terms = terms_of(row)
    if state in OVER and terms.retention.on_end == "destroy":
        return ALWAYS, Cause.END
    return now - timedelta(days=terms.retention.destroy_after_days), Cause.AGE
