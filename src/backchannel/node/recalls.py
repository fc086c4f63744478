"""Recalls as the officer handles them: recall what is ours, lift that, and see where it stands with whom."""

from datetime import datetime, timedelta

import msgspec

from backchannel.core.recall import Answer, State, is_overdue
from backchannel.core.text import has_hidden
from backchannel.errors import BadArgument, NotFound, NotOurs
from backchannel.flow import recall as flow_recall
from backchannel.flow import recall_heard
from backchannel.flow.parties import Peer
from backchannel.flow.ports import Transaction
from backchannel.flow.ports_recalls import RecallRow
from backchannel.node.node import Node
from backchannel.node.parties import party_names
from backchannel.node.prefix import the_one
from backchannel.protocol.versions import CURRENT


class RecipientView(msgspec.Struct, frozen=True):
    """Where a recall stands with one who got the object, since when, and whether its answer is late. `told` says that
    it is sealed for it."""

    party: str
    agreement: str
    ids: tuple[str, ...]
    state: State
    since: datetime
    told: bool
    overdue: bool


class RecallView(msgspec.Struct, frozen=True):
    """A recall of ours as shown. `passed_on_from` names whose recall it passes on."""

    id: str
    object_id: str
    reason: str
    at: datetime
    lifted: datetime | None
    passed_on_from: str | None
    recipients: list[RecipientView]


class HeardView(msgspec.Struct, frozen=True):
    """A counterpart's recall as shown: what went, and what we answered."""

    id: str
    from_: str = msgspec.field(name="from")
    agreement: str
    objects: list[str]
    reason: str
    at: datetime
    lifted: datetime | None
    withdrawn: int
    answer: Answer
    answered: bool


class Both(msgspec.Struct, frozen=True):
    """All recalls: ours, and those that came in."""

    ours: list[RecallView]
    theirs: list[HeardView]


def recall(node: Node, prefix: str, reason: str) -> tuple[RecallView, int]:
    """Recall an object of ours: put on record who got it; `sync` tells them. Second comes how many envelopes were
    taken back before they left.

    Raises:
        NotOurs: it came from somebody else.
        BadArgument: there is no reason, or it is too long or hides something.
        NotFound, Ambiguous, WrongState: no such object, several, or it is recalled already.
    """
    if not reason.strip() or len(reason) > CURRENT.max_reason or has_hidden(reason):
        raise BadArgument(f"--reason takes 1 to {CURRENT.max_reason} characters in one line, all of them visible")
    with node.db.write() as tx:
        object_id = _ours(tx, prefix)
        done = flow_recall.recall(tx, node.standing(), object_id, reason)
        view = _view(node, tx, done.recall)
    node.us.reached("recall.committed")
    return view, done.taken_back


def lift(node: Node, prefix: str) -> RecallView:
    """A recall holds no more; `sync` tells those who got the object, and the next release may send it again.

    Raises:
        NotFound, Ambiguous, WrongState: no such recall, several, or it was lifted before.
    """
    with node.db.write() as tx:
        row = flow_recall.lift(tx, node.standing(), _meant(tx, prefix))
        return _view(node, tx, row)


def find(node: Node, prefix: str) -> RecallView:
    """One recall of ours, by its id or by the object's; of several on one object the latest.

    Raises:
        NotFound, Ambiguous: none, or several objects.
    """
    with node.db.read() as tx:
        return _view(node, tx, _meant(tx, prefix))


def everything(node: Node) -> Both:
    """All recalls, oldest first."""
    with node.db.read() as tx:
        names = party_names(tx)
        theirs = [
            HeardView(
                id=one.recall,
                from_=names.get(one.party, one.party),
                agreement=one.agreement,
                objects=tx.recalls.heard_ids(one.party, one.recall),
                reason=one.reason,
                at=one.heard_at,
                lifted=one.lifted_at,
                withdrawn=one.withdrawn,
                answer=one.state,
                answered=one.sequence > 0,
            )
            for one in tx.recalls.all_heard()
        ]
        return Both([_view(node, tx, row) for row in tx.recalls.all()], theirs)


def recalled_ids(node: Node) -> set[str]:
    """The ids that a recall of ours stands on."""
    with node.db.read() as tx:
        return {one for one, lifted in tx.recalls.standing().items() if lifted is None}


def speak(node: Node, peer: Peer) -> None:
    """Seal what is to be said to a counterpart of recalls."""
    with node.db.read() as tx:
        waits = flow_recall.waits_to_speak(tx, node.standing(), peer)
    if waits:
        with node.db.write() as tx:
            flow_recall.speak(tx, node.standing(), peer)
        node.us.reached("recall.said")


def follow_up(node: Node) -> None:
    """Answer anew those recalls that were passed on, as far as those who got the object have answered."""
    with node.db.read() as tx:
        waits = bool(tx.recalls.passed_on())
    if waits:
        with node.db.write() as tx:
            recall_heard.follow_up(tx, node.standing(), _allowed(node))


# --- the pieces ------------------------------------------------------------------------------------------------


def _ours(tx: Transaction, prefix: str) -> str:
    """The object that is meant. What was ours and is not held any more can still be recalled, by its whole id."""
    released = {prefix} if tx.recalls.crossings([prefix]) else set()
    ids = {*tx.holdings.ids_beginning(prefix, limit=2), *released}
    object_id = the_one(prefix, ids, "held object")
    held = tx.holdings.get(object_id)
    if held and not any(one.own for one in held):
        raise NotOurs(f"{object_id} came from {held[0].source_name}")
    return object_id


def _meant(tx: Transaction, prefix: str) -> RecallRow:
    recalls = tx.recalls.all()
    by_id = {one.id: one for one in recalls}
    try:
        return by_id[the_one(prefix, by_id, "recall")]
    except NotFound:
        object_id = the_one(prefix, {one.object_id for one in recalls}, "recall or recalled object")
        return [one for one in recalls if one.object_id == object_id][-1]


def _allowed(node: Node) -> timedelta:
    return timedelta(hours=node.settings.recall_overdue_hours)


def _view(node: Node, tx: Transaction, row: RecallRow) -> RecallView:
    names, now, allowed = party_names(tx), node.clock(), _allowed(node)
    recipients = [
        RecipientView(
            party=names.get(one.party, one.party),
            agreement=one.agreement,
            ids=one.ids,
            state=one.state,
            since=one.since,
            told=one.sequence > 0,
            overdue=row.lifted_at is None and is_overdue(one.state, one.since, now, allowed),
        )
        for one in tx.recalls.recipients(row.id)
    ]
    return RecallView(
        id=row.id,
        object_id=row.object_id,
        reason=row.reason,
        at=row.at,
        lifted=row.lifted_at,
        passed_on_from=names.get(row.cause_party, row.cause_party) if row.cause_party else None,
        recipients=recipients,
    )
