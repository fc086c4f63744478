"""Matching sessions carried on with every sync.

`work` makes as many steps as can be made without the other side, each in a transaction of its own; `tidy` destroys
what must not outlive its epoch or its agreement.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from backchannel.errors import BackchannelError
from backchannel.flow import matching
from backchannel.flow.match_limits import epoch_kept
from backchannel.flow.match_session import is_broken
from backchannel.flow.match_side import OwnValues, own_values
from backchannel.flow.parties import Peer
from backchannel.flow.ports import Transaction
from backchannel.node.budget import Budget
from backchannel.node.node import Node
from backchannel.node.parties import find_party, peer_of
from backchannel.protocol.matching import State

TRIES = 2
"""How often it is found out what may leave, in the hope that nobody writes meanwhile."""

MOMENTS = timedelta(seconds=10)
"""A session that nobody carried on for longer is not on its way."""


def work(node: Node, peer: Peer, budget: Budget) -> int:
    """Do what can be done of every session with a counterpart, in half of the time that is left: the rest is for
    carrying it. How many steps.
    """
    reserved = budget.seconds_left() / 2
    with node.db.read() as tx:
        running = tx.matching.open()
        ours = {row.id for row in tx.agreements.all() if row.party == peer.key} if running else set()
    steps = 0
    for one in running:
        while one.agreement in ours and budget.seconds_left() > reserved and _step(node, peer, one.id):
            steps += 1
    return steps


def is_moving(node: Node, peer: Peer) -> bool:
    """Whether a session with a counterpart moved on within moments, so that more of it will come."""
    with node.db.read() as tx:
        moving = [one for one in tx.matching.open() if one.changed_at > node.clock() - MOMENTS]
        return any((row := tx.agreements.get(one.agreement)) and row.party == peer.key for one in moving)


def tidy(node: Node) -> None:
    """Destroy keys and tags whose time is over, under every agreement: no counterpart need be reached for that."""
    with node.db.read() as tx:
        there = tx.matching.epochs() | {
            (one.agreement, one.epoch) for one in tx.matching.open() if not is_broken(one)
        }
        rows = tx.agreements.all() if there else []
    for row in rows:
        epochs = {epoch for agreement, epoch in there if agreement == row.id}
        if epochs and epochs != {epoch_kept(row, node.standing())}:
            with node.db.write() as tx:
                matching.tidy(tx, node.standing(), row)


def _step(node: Node, peer: Peer, identifier: str) -> bool:
    with node.db.read() as tx:
        session = tx.matching.get(identifier)
        if session is None or not matching.has_work(session):
            return False
    try:
        with knowing(node, session.agreement) if session.state == State.ASKED else _writing(node) as (tx, held):
            session = tx.matching.get(identifier)
            done = session is not None and matching.step(
                tx, node.standing(), peer, session, node.services().engine(), held
            )
    except BackchannelError as error:
        if type(error) is not BackchannelError:
            raise  # a full disk, a broken store
        # It cannot be computed here: the session ends, and nothing else of the counterpart waits for it.
        with node.db.write() as tx:
            if (session := tx.matching.get(identifier)) is not None:
                matching.stop(tx, node.standing(), peer, session, str(error))
        done = True
    node.us.reached("match.committed")
    return done


@contextmanager
def knowing(node: Node, agreement: str) -> Iterator[tuple[Transaction, OwnValues | None]]:
    """A transaction that may write, with the values that an agreement lets leave. They are found out before it
    begins, so that nobody waits for it; unless somebody writes each time meanwhile: then within it, as None says."""
    for _ in range(TRIES):
        version = node.db.version()
        with node.db.read() as tx:
            row = node.agreement(tx, agreement)
            held = own_values(tx, node.standing(), counterpart(tx, row.party), row)
        with node.db.write() as tx:
            if node.db.version() == version:
                yield tx, held
                return
    with node.db.write() as tx:
        yield tx, None


@contextmanager
def _writing(node: Node) -> Iterator[tuple[Transaction, OwnValues | None]]:
    with node.db.write() as tx:
        yield tx, None


def counterpart(tx: Transaction, party: str) -> Peer:
    """Who can be matched with.

    Raises:
        NotFound, Ambiguous: as `find_party`.
        IsGuest: it has no node.
    """
    return peer_of(find_party(tx, party), "it has no node, and nothing can be matched with it")
