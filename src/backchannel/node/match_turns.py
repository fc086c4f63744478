"""Whose turn it is in matching sessions, and who learns from them: what a screen says of them beside their state."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from backchannel.flow.match_session import offer_of
from backchannel.flow.matching import has_work
from backchannel.flow.ports import Transaction
from backchannel.flow.ports_matching import SessionRow
from backchannel.node.matching import SessionView
from backchannel.node.node import Node
from backchannel.protocol.matching import OVER, State, role

Waits = Literal["our sync", "our officer", "them", "nobody"]
Learner = Literal["both", "we alone", "they alone"]


class Turn(msgspec.Struct, frozen=True):
    """Whom a session waits for, and who learns from it what both hold."""

    waits_for: Waits
    learner: Learner


def turns(node: Node, views: Iterable[SessionView]) -> dict[str, Turn]:
    """The turn of each of these sessions, by its id."""
    with node.db.read() as tx:
        rows = [row for view in views if (row := tx.matching.get(view.id)) is not None]
        return {row.id: Turn(_waits_for(tx, row), _learner(row)) for row in rows}


def _waits_for(tx: Transaction, session: SessionRow) -> Waits:
    state = State(session.state)
    if state in OVER:
        return "nobody"
    if state is State.FROZEN:
        return "our officer"
    unsent = tx.channels.first_unsent(session.agreement)
    if has_work(session) or (unsent is not None and unsent <= session.posted):
        return "our sync"
    return "them"


def _learner(session: SessionRow) -> Learner:
    ours = role(offer_of(session).learns, opener=session.opener)
    if ours.learns and ours.tells:
        return "both"
    return "we alone" if ours.learns else "they alone"
