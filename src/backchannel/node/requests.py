"""Requests for information as the officer handles them: ask, list, show, answer, decline, close."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from backchannel.core.canonical import Observable
from backchannel.core.marking import PAP_LEVELS, parse_level
from backchannel.core.release import Decision
from backchannel.core.request import State, waits_for_us
from backchannel.core.request_rules import Question, observable_of, threat_of
from backchannel.errors import BadArgument
from backchannel.flow import answering, asking
from backchannel.flow.answering import AnswerPlan, Draft
from backchannel.flow.parties import Peer
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.ports_requests import AnswerRow, RequestRow
from backchannel.flow.record import terms_of
from backchannel.flow.requests import request_state, role_of
from backchannel.node.holdings import one_object
from backchannel.node.node import Node
from backchannel.node.parties import find_party, party_names, peer_of
from backchannel.node.prefix import the_one


class RequestView(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """A request as listed. `state` is the state now; `waits_for_us` says that it is our turn; `answers` counts them.

    `although_withheld` is what the officer chose to say although it is withheld; `taken_back` that it never left;
    `forgotten` that retention took its content.
    """

    id: str
    agreement: str
    with_: str
    ours: bool
    state: str
    waits_for_us: bool
    question: str
    observables: tuple[dict[str, str], ...]
    threat: str | None
    tlp: str
    pap: str | None
    asked: datetime
    wanted_by: datetime | None
    answers: int
    although_withheld: str
    taken_back: bool
    forgotten: bool

    def as_json(self) -> dict[str, object]:
        """The view as a JSON object."""
        return dict(msgspec.to_builtins(self))


class NamedObject(msgspec.Struct, frozen=True):
    """An object that an answer names, and where it is: `sent`, `held`, `inbox`, or `not kept`."""

    id: str
    place: str


class AnswerView(msgspec.Struct, frozen=True, rename={"by_us": "ours"}):
    """One answer to a request."""

    by_us: bool
    at: datetime
    note: str
    tlp: str
    objects: tuple[NamedObject, ...]
    although_withheld: str
    forgotten: bool

    def as_json(self) -> dict[str, object]:
        """The view as a JSON object."""
        return dict(msgspec.to_builtins(self))


class Asking(msgspec.Struct, frozen=True):
    """What the officer asks, as typed. Observables are `TYPE=VALUE` or values that their form tells; a mark that is
    not given is the node's default."""

    question: str
    observables: Sequence[str] = ()
    threat: str | None = None
    wanted_by: datetime | None = None
    tlp: str | None = None
    pap: str | None = None


def ask(node: Node, prefix: str, given: Asking, *, although_withheld: bool = False) -> RequestView:
    """Ask the counterpart of an agreement; `sync` carries it.

    Raises:
        IsGuest: it has no node that could answer.
        BadArgument, WrongState, BudgetSpent, Withheld: as `flow.asking.ask` says.
    """
    with node.db.write() as tx:
        row = node.agreement(tx, prefix)
        peer = _peer(tx, row)
        question = _question(node, given, row)
        request = asking.ask(tx, node.standing(), peer, row, question, although_withheld=although_withheld)
        view = _view(tx, request, row, node.clock())
    node.us.reached("request.committed")
    return view


def all_requests(node: Node, *, only_open: bool = False) -> list[RequestView]:
    """All requests, what waits for us first and then the latest; or only those that can still be answered."""
    with node.db.read() as tx:
        rows = {row.id: row for row in tx.agreements.all()}
        now = node.clock()
        views = [_view(tx, one, rows[one.agreement], now) for one in tx.requests.all()]
    live = {State.OPEN, State.ANSWERED}
    views = [one for one in views[::-1] if not only_open or one.state in live]
    return sorted(views, key=lambda one: not one.waits_for_us)


def show(node: Node, prefix: str) -> tuple[RequestView, list[AnswerView]]:
    """A request and its answers.

    Raises:
        NotFound, Ambiguous: none has such an id, or several.
    """
    with node.db.read() as tx:
        request, row = _find(tx, prefix)
        answers = [_answer_view(tx, one, row) for one in tx.requests.answers(request.id)]
        return _view(tx, request, row, node.clock()), answers


def answer(
    node: Node,
    prefix: str,
    note: str,
    objects: Sequence[str] = (),
    *,
    tlp: str | None = None,
    although_withheld: bool = False,
    preview: bool = False,
) -> AnswerPlan:
    """Answer a request that was asked of us; with `preview` only say what would be sent.

    Raises:
        NotFound, Ambiguous: no such request or object, or several.
        BadArgument, WrongState, Withheld: as `flow.answering` says.
    """
    with node.db.read() if preview else node.db.write() as tx:
        request, row = _find(tx, prefix)
        ids = tuple(dict.fromkeys(one_object(tx, one)[0].id for one in objects))
        draft = Draft(note, _level(node, tlp), ids)
        peer, standing = _peer(tx, row), node.standing()
        if preview:
            return answering.plan_answer(tx, standing, peer, row, draft, although_withheld=although_withheld)
        made = answering.answer(tx, standing, peer, row, request, draft, although_withheld=although_withheld)
    node.us.reached("request.committed")
    return made


def decline(node: Node, prefix: str) -> RequestRow:
    """Decline a request that was asked of us.

    Raises:
        NotFound, Ambiguous, WrongState: no such request, several, or it cannot be declined.
    """
    with node.db.write() as tx:
        request, row = _find(tx, prefix)
        declined = answering.decline(tx, node.standing(), _peer(tx, row), row, request)
    node.us.reached("request.committed")
    return declined


def close(node: Node, prefix: str) -> RequestRow:
    """Close a request of ours.

    Raises:
        NotFound, Ambiguous, WrongState: no such request, several, or it cannot be closed.
    """
    with node.db.write() as tx:
        request, row = _find(tx, prefix)
        closed = asking.close(tx, node.standing(), _peer(tx, row), row, request)
    node.us.reached("request.committed")
    return closed


def reasons(decision: Decision) -> list[str]:
    """Why an object stays: every rule that it breaks."""
    return [f"{one.rule}: {one.evidence}" for one in decision.verdicts if one.result == "fail"]


# --- the pieces ------------------------------------------------------------------------------------------------


def _find(tx: Transaction, prefix: str) -> tuple[RequestRow, AgreementRow]:
    requests = {one.id: one for one in tx.requests.all()}
    request = requests[the_one(prefix.lower(), requests, "request")]
    (row,) = (one for one in tx.agreements.all() if one.id == request.agreement)
    return request, row


def _peer(tx: Transaction, row: AgreementRow) -> Peer:
    return peer_of(find_party(tx, row.party), "it can be asked nothing, and asks nothing")


def _question(node: Node, given: Asking, row: AgreementRow) -> Question:
    try:
        return Question(
            text=given.question,
            tlp=_level(node, given.tlp),
            observables=tuple(dict.fromkeys(map(observable_of, given.observables))),
            threat=None if given.threat is None else threat_of(given.threat, terms_of(row)),
            wanted_by=given.wanted_by,
            pap=None if given.pap is None else _pap(given.pap),
        )
    except ValueError as error:
        raise BadArgument(str(error)) from None


def _level(node: Node, tlp: str | None) -> str:
    try:
        return node.settings.default_tlp if tlp is None else parse_level(tlp)
    except ValueError as error:
        raise BadArgument(str(error)) from None


def _pap(text: str) -> str:
    level = text.strip().lower().removeprefix("pap:").replace("white", "clear")
    if level not in PAP_LEVELS:
        raise ValueError(f"{text[:40]!r} is not a PAP level: {', '.join(PAP_LEVELS)}")
    return level


def _view(tx: Transaction, request: RequestRow, row: AgreementRow, now: datetime) -> RequestView:
    state = request_state(request, row, now)
    return RequestView(
        id=request.id,
        agreement=request.agreement,
        with_=party_names(tx)[row.party],
        ours=request.ours,
        state=state,
        waits_for_us=waits_for_us(role_of(request), state),
        question=request.question,
        observables=tuple(map(_observable, request.observables)),
        threat=request.threat,
        tlp=request.tlp,
        pap=request.pap,
        asked=request.asked_at,
        wanted_by=request.wanted_by,
        answers=len(tx.requests.answers(request.id)),
        although_withheld=request.although,
        taken_back=request.taken_back,
        forgotten=request.forgotten,
    )


def _observable(one: Observable) -> dict[str, str]:
    return {"type": one.type, "value": one.value}


def _answer_view(tx: Transaction, given: AnswerRow, row: AgreementRow) -> AnswerView:
    return AnswerView(
        by_us=given.ours,
        at=given.at,
        note=given.note,
        tlp=given.tlp,
        objects=tuple(NamedObject(one, _place(tx, one, given, row)) for one in given.objects),
        although_withheld=given.although,
        forgotten=given.forgotten,
    )


def _place(tx: Transaction, identifier: str, given: AnswerRow, row: AgreementRow) -> str:
    """Where an object that an answer names is here. What we sent is with the counterpart."""
    if given.ours:
        return "sent"
    if any(held.source == row.party for held in tx.holdings.get(identifier)):
        return "held"
    waits = tx.inbox.versions(row.party, [identifier])
    return "inbox" if waits else "not kept"
