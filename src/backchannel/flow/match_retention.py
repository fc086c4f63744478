"""How long what matching found is kept: as long as the terms let us keep what came in.

Rules:
- What was found goes by the day on which it was found, and values that were looked up with their session, once that
  is over and as old.
- What a younger look-up names stays as long as that one: else it would say that the value is not held.
- Sessions stay as rows, with how many values were evaluated and found: no id is taken twice, the watch over hit rates
  goes on knowing what is usual, and no budget begins anew. Evaluations are counted elsewhere, and stay too.
- With what was found goes what the counterpart evaluated of it, without which it does not follow from their tags,
  which stay for the epoch. Whoever wants to know again asks again, and pays for it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from backchannel.core.canonical import Observable
from backchannel.flow.ports import Transaction
from backchannel.flow.ports_matching import SessionRow
from backchannel.protocol.matching import OVER, State

VALUES = 5_000
"""Values that go in one step."""


class Forgotten(NamedTuple):
    """How many values one step let go of, found or looked up; `more` says that a step has more to do."""

    values: int
    more: bool


def forget(tx: Transaction, agreement: str, before: datetime, limit: int = VALUES) -> Forgotten:
    """One step: let go of at most `limit` values that were found, or looked up, under an agreement before a time."""
    asking = tx.matching.looking_up(agreement)
    due = [one for one in asking if State(one.state) in OVER and one.changed_at < before]
    over = {one.id for one in due}
    kept = {value for one in asking if one.id not in over for value in one.look_ups}
    if due:
        # First: a session that still named values of which the results are gone would call them not held.
        return _forget_look_up(tx, due[0], kept, limit)
    gone = tx.matching.drop_matches(agreement, before, kept, limit)
    return Forgotten(gone, gone == limit)


def _forget_look_up(tx: Transaction, session: SessionRow, kept: set[Observable], limit: int) -> Forgotten:
    asked = session.look_ups
    gone: Sequence[Observable] = asked[:limit]
    tx.matching.drop_looked_up(session.agreement, session.epoch, [one for one in gone if one not in kept])
    tx.matching.put(msgspec.structs.replace(session, asked=msgspec.json.encode(asked[limit:])))
    return Forgotten(len(gone), True)
