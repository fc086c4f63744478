"""Matching as the officer handles it: open a session or look values up, see how far it is, what was found, stop it.

`match_steps` carries sessions on.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from backchannel.core.agreement import State as AgreementState
from backchannel.core.canonical import Observable
from backchannel.errors import BadArgument, NotFound
from backchannel.flow import matching
from backchannel.flow.match_session import offer_of, own_pieces, pieces, progress_of, sides
from backchannel.flow.parties import Peer
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.ports_matching import Match, SessionRow
from backchannel.flow.record import terms_of
from backchannel.node.match_steps import counterpart, knowing
from backchannel.node.node import Node
from backchannel.node.parties import party_names
from backchannel.node.prefix import the_one
from backchannel.protocol.matching import OVER, State
from backchannel.protocol.message_matching import Learns


class SessionView(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """A session as listed: with whom, who opened it, its kinds, where it stands, and how much of its work is done
    (`done` of `work`, which is 0 until both have entered it). `inputs` counts values of ours that were evaluated,
    `hits` those of them that the other side holds."""

    id: str
    agreement: str
    with_: str
    ours: bool
    look_up: bool
    kinds: tuple[str, ...]
    state: State
    done: int
    work: int
    inputs: int
    hits: int
    opened: datetime
    changed: datetime
    reason: str

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in OVER


class Found(msgspec.Struct, frozen=True):
    """A value that was looked up, and whether the other side holds it among what it would release to us; None while
    that is not known."""

    type: str
    value: str
    held: bool | None


class Counted(msgspec.Struct, frozen=True):
    """How many values of a kind we evaluated for the other side, today and in all, and how many we may."""

    agreement: str
    type: str
    today: int
    per_day: int
    ever: int
    lifetime: int


# --- what the officer does ---------------------------------------------------------------------------------------


def run(node: Node, prefix: str, learns: Learns = "both") -> SessionView:
    """Open a session under an agreement, for all that is new since the last one; `sync` carries it on.

    Raises:
        WrongState, BadArgument, BudgetSpent: as `flow.matching.open_session`.
    """
    with node.db.read() as tx:
        row = node.agreement(tx, prefix)
    with knowing(node, row.id) as (tx, held):
        row = node.agreement(tx, row.id)
        peer = counterpart(tx, row.party)
        session = matching.open_session(
            tx, node.standing(), peer, row, node.services().engine(), learns=learns, held=held
        )
        return _view(session, peer.name)


def look_up(node: Node, to: str, values: Sequence[Observable], prefix: str | None = None) -> SessionView:
    """Ask a counterpart whether it holds these values; it learns how many were asked for, padded, and no more.

    Raises:
        BadArgument: there are none, or several agreements allow it and none is named.
        NotFound: no agreement in force with that counterpart allows matching.
        WrongState, BudgetSpent: as `flow.matching.open_session`.
    """
    if not values:
        raise BadArgument("there is no value to look up")
    with node.db.write() as tx:
        peer = counterpart(tx, to)
        row = _agreement_for(node, tx, peer, prefix)
        session = matching.open_session(
            tx, node.standing(), peer, row, node.services().engine(), look_up=list(dict.fromkeys(values))
        )
        return _view(session, peer.name)


def stop(node: Node, prefix: str) -> SessionView:
    """End a session before its end.

    Raises:
        NotFound, Ambiguous: no session begins so, or several do.
        WrongState: it is over.
    """
    with node.db.write() as tx:
        session = _session(tx, prefix)
        peer = counterpart(tx, node.agreement(tx, session.agreement).party)
        return _view(matching.stop(tx, node.standing(), peer, session, "stopped by our officer"), peer.name)


def resume(node: Node, prefix: str) -> SessionView:
    """Go on with a session that froze.

    Raises:
        NotFound, Ambiguous: no session begins so, or several do.
        WrongState: it is not frozen.
    """
    with node.db.write() as tx:
        session = matching.resume(tx, node.standing(), _session(tx, prefix))
        row = tx.agreements.get(session.agreement)
        return _view(session, party_names(tx)[row.party] if row else "")


def sessions(node: Node, prefix: str | None = None) -> list[SessionView]:
    """All sessions, or those of one agreement, the newest first."""
    with node.db.read() as tx:
        agreement = None if prefix is None else node.agreement(tx, prefix).id
        names, rows = party_names(tx), {row.id: row for row in tx.agreements.all()}
        return [_view(one, names[rows[one.agreement].party]) for one in reversed(tx.matching.all(agreement))]


def session(node: Node, prefix: str) -> tuple[SessionView, list[Found]]:
    """One session, and what came of each value that it looks up."""
    with node.db.read() as tx:
        one = _session(tx, prefix)
        row = tx.agreements.get(one.agreement)
        matches = tx.matching.matches(one.agreement) if one.asked else []
        held = {(match.type, match.value) for match in matches}
        found = [
            Found(asked.type, asked.value, asked in held or (None if one.state != State.DONE else False))
            for asked in one.look_ups
        ]
        return _view(one, party_names(tx)[row.party] if row else ""), found


def results(node: Node, prefix: str) -> list[Match]:
    """What both hold, by kind and value."""
    with node.db.read() as tx:
        row = node.agreement(tx, prefix)
        return [one for one in tx.matching.matches(row.id) if one.ours_since is not None]


def budgets(node: Node) -> list[Counted]:
    """What was evaluated for counterparts under every agreement in force that allows matching."""
    with node.db.read() as tx:
        now = node.clock()
        found = []
        for row in tx.agreements.all():
            terms = terms_of(row).matching
            if terms is None or row.state != AgreementState.IN_FORCE:
                continue
            for kind in terms.types:
                counted = tx.matching.counted(row.id, kind, now.toordinal()), tx.matching.counted(row.id, kind)
                found.append(Counted(row.id, kind, counted[0], terms.per_day, counted[1], terms.lifetime))
        return found


def is_under_way(node: Node, peer: Peer | None = None) -> bool:
    """Whether a session runs, with anybody or with one counterpart, so that the next sync may bring it on."""
    with node.db.read() as tx:
        running = {one.agreement for one in tx.matching.open() if one.state != State.FROZEN}
        return bool(running) and (
            peer is None or any(row.id in running for row in tx.agreements.all() if row.party == peer.key)
        )


# --- the pieces ------------------------------------------------------------------------------------------------


def _session(tx: Transaction, prefix: str) -> SessionRow:
    rows = {one.id: one for one in tx.matching.all()}
    return rows[the_one(prefix.lower(), rows, "matching session")]


def _agreement_for(node: Node, tx: Transaction, peer: Peer, prefix: str | None) -> AgreementRow:
    if prefix is not None:
        return node.agreement(tx, prefix)
    fit = [
        row
        for row in tx.agreements.all()
        if row.party == peer.key and row.state == AgreementState.IN_FORCE and terms_of(row).matching is not None
    ]
    if not fit:
        raise NotFound(f"no agreement in force with {peer.name} allows matching")
    if len(fit) > 1:
        raise BadArgument(
            f"several agreements with {peer.name} allow matching: name one with --agreement: "
            + ", ".join(row.id[:12] for row in fit)
        )
    return fit[0]


def _view(one: SessionRow, name: str) -> SessionView:
    done, whole = _progress(one)
    return SessionView(
        id=one.id,
        agreement=one.agreement,
        with_=name,
        ours=one.opener,
        look_up=bool(one.asked),
        kinds=tuple(kind.type for kind in offer_of(one).kinds),
        state=State(one.state),
        done=done,
        work=whole,
        inputs=one.inputs,
        hits=one.hits,
        opened=one.opened_at,
        changed=one.changed_at,
        reason=one.reason,
    )


def _progress(one: SessionRow) -> tuple[int, int]:
    """How much of a session's work is done, in elements that were blinded, told or evaluated on either side."""
    if not one.answer:
        return 0, 0
    ours, theirs = sides(one)
    plans = [(own_pieces(ours), one.said), (pieces(theirs), one.heard)]
    whole = sum(piece.end - piece.begin for plan, _ in plans for piece in plan)
    done = sum(piece.end - piece.begin for plan, count in plans for piece in plan[:count])
    now = progress_of(one)
    for side, shards in ((ours, now.got), (theirs, now.given)):
        size = sum(kind.inputs for kind in side)
        whole, done = whole + size, done + size * shards // max(1, now.shards)
    return done, whole
