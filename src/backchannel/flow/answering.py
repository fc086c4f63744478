"""Requests that are asked of us: what comes in, and our answer to it, or that we decline.

An answer is objects that pass the release decision, taken out of the very plan that a preview shows
(`flow.outbound.decide_all`), and a note that is judged in the same decision. What stays is shown to our officer with
every reason; the counterpart learns neither the reasons nor that something stayed.
"""

from collections.abc import Collection
from typing import cast

import msgspec

from backchannel.core.canonical import Observable
from backchannel.core.release import Decision
from backchannel.core.release_spoken import Spoken
from backchannel.core.request import Event
from backchannel.core.request_rules import Question, broken_by_answer, broken_by_question
from backchannel.core.stix import timestamp
from backchannel.core.term_fields import QUOTA_WINDOW
from backchannel.errors import BadArgument, BadRequest, NotAgreed, Withheld
from backchannel.flow import amend
from backchannel.flow.asking import check_own, check_sayable
from backchannel.flow.hearing import Arrival, Hearing
from backchannel.flow.outbound import Leaving, Plan, decide_all, envelopes_of, seal
from backchannel.flow.parties import Counterpart, Peer, Standing
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.ports_requests import AnswerRow, RequestRow
from backchannel.flow.post import post
from backchannel.flow.record import terms_of
from backchannel.flow.requests import after, check_in_force, heard_of, not_in_force
from backchannel.protocol import message
from backchannel.protocol.message import Tlp


class Draft(msgspec.Struct, frozen=True):
    """What an officer means to answer: a note under a mark, and objects by the ids they are held under."""

    note: str
    tlp: str
    objects: tuple[str, ...] = ()


class AnswerPlan(msgspec.Struct, frozen=True):
    """What an answer would send: `leaving` now, with what the chosen objects need; `named` are the ids under which
    the chosen ones leave or left before; `staying` the decisions on those that stay. `overruled` is what the officer
    chose to say although it is withheld."""

    plan: Plan
    leaving: list[Leaving]
    named: tuple[str, ...]
    staying: list[Decision]
    overruled: str = ""


# --- what we do ------------------------------------------------------------------------------------------------


def plan_answer(
    tx: Transaction,
    standing: Standing,
    them: Counterpart,
    row: AgreementRow,
    draft: Draft,
    *,
    although_withheld: bool = False,
) -> AnswerPlan:
    """What `answer` would send, without sending it.

    Raises:
        BadArgument: there is nothing to say, the note breaks a rule, or it is too much for one envelope.
        Withheld: the note names what may not leave.
    """
    terms = terms_of(row)
    if broken := broken_by_answer(draft.note, draft.tlp, terms):
        raise BadArgument("; ".join(one.why for one in broken))
    if not (draft.note or draft.objects):
        raise BadArgument("an answer has a note, objects, or both")
    said = [Spoken("the note", draft.note, draft.tlp)] if draft.note else []
    plan = decide_all(tx, standing, them, row, terms, everything=False, also=draft.objects, said=said)
    overruled = check_sayable(plan.objections, although_withheld)
    chosen = [one for one in plan.decisions if one.id in draft.objects]
    envelopes = list(envelopes_of(plan, draft.objects))
    if len(envelopes) > 1:
        raise BadArgument("these objects do not fit one envelope: give several answers")
    return AnswerPlan(
        plan=plan,
        leaving=envelopes[0] if envelopes else [],
        named=tuple(dict.fromkeys(one.sent.id for one in chosen if one.sent is not None)),
        staying=_staying(chosen),
        overruled=overruled,
    )


def answer(
    tx: Transaction,
    standing: Standing,
    peer: Peer,
    row: AgreementRow,
    request: RequestRow,
    draft: Draft,
    *,
    although_withheld: bool = False,
) -> AnswerPlan:
    """Answer a request: what `plan_answer` shows, sealed in one envelope.

    Raises:
        WrongState: it is not asked of us, or it is over; or its agreement is not in force.
        BadArgument: as `plan_answer` says.
        Withheld: the note names what may not leave, or nothing is left to be said.
    """
    answered = after(request, row, standing, Event.ANSWER)
    check_in_force(row, standing)
    made = plan_answer(tx, standing, peer, row, draft, although_withheld=although_withheld)
    if not (draft.note or made.named):
        raise Withheld(f"nothing of it may leave: {_reasons(made.staying)}")
    said = message.Answer(request.id, row.version, draft.note, cast(Tlp, draft.tlp), made.named)
    check_own(said)
    if made.leaving:
        posted = seal(tx, standing, peer, row, made.plan, made.leaving, said)
    else:
        posted = post(tx, standing.us, peer, row.id, [said])
    tx.requests.put(answered)
    tx.requests.add_answer(
        AnswerRow(
            request=request.id,
            ours=True,
            note=draft.note,
            tlp=draft.tlp,
            objects=made.named,
            at=standing.now,
            said=posted.sequence,
            although=made.overruled,
        )
    )
    standing.us.reached("request.answered")
    return made


def decline(tx: Transaction, standing: Standing, peer: Peer, row: AgreementRow, request: RequestRow) -> RequestRow:
    """Decline a request, without reasons.

    Raises:
        WrongState: it is not asked of us, or it is over or answered; or its agreement is not in force.
    """
    declined = after(request, row, standing, Event.DECLINE)
    check_in_force(row, standing)
    posted = post(tx, standing.us, peer, row.id, [message.RequestDecline(request.id)])
    declined = msgspec.structs.replace(declined, ended_by=posted.sequence)
    tx.requests.put(declined)
    standing.us.reached("request.declined")
    return declined


# --- what they do ----------------------------------------------------------------------------------------------


def on_request(hearing: Hearing, row: AgreementRow, said: message.Request) -> Arrival:
    """The counterpart asks: vet it like an object, and keep it for the officer.

    Raises:
        NotAgreed: the agreement is not in force.
        BadRequest: it was asked before, is more than the budget, or breaks a rule of requests.
    """
    tx, standing, delivery = hearing.tx, hearing.standing, hearing.delivery
    if (why := not_in_force(row, standing.now)) is not None:
        raise NotAgreed(f"a request, and {why}")
    if tx.requests.get(said.request) is not None:
        raise BadRequest(f"the id of request {said.request[:12]} was used before")
    terms = terms_of(row)
    asked = tx.requests.asked_since(row.id, standing.now - QUOTA_WINDOW, ours=False)
    if asked >= terms.requests.per_day:
        raise BadRequest(f"a request beyond the day's budget of {terms.requests.per_day}: {asked} came before it")
    question = _question(said)
    if broken := broken_by_question(question, terms, standing.now):
        raise BadRequest("a request: " + "; ".join(one.why for one in broken))
    came = RequestRow.of(said.request, row.id, question, standing.now, ours=False, envelope=delivery.envelope)
    tx.requests.put(came)
    amend.on_word_under(tx, row, said.version)
    return Arrival(requests=1)


def on_close(hearing: Hearing, row: AgreementRow, said: message.RequestClose) -> Arrival:
    """They want no more answers.

    Raises:
        NotAgreed, WrongState, BadRequest: it closes nothing that they asked and that is open or answered.
    """
    request = heard_of(hearing, row, said.request)
    hearing.tx.requests.put(after(request, row, hearing.standing, Event.CLOSED))
    return Arrival()


# --- the pieces ------------------------------------------------------------------------------------------------


def _question(said: message.Request) -> Question:
    return Question(
        text=said.question,
        tlp=said.tlp,
        observables=tuple(Observable(one.type, one.value) for one in said.observables),
        threat=said.threat,
        wanted_by=None if said.wanted_by is None else timestamp(said.wanted_by),
        pap=said.pap,
    )


def _staying(chosen: Collection[Decision]) -> list[Decision]:
    """Of the chosen objects, those of which no version leaves."""
    leaving = {one.id for one in chosen if one.sent is not None}
    return [one for one in chosen if one.id not in leaving]


def _reasons(staying: Collection[Decision]) -> str:
    failed = [
        f"{decision.id}: {verdict.rule}, {verdict.evidence}"
        for decision in staying
        for verdict in decision.verdicts
        if verdict.result == "fail"
    ]
    return "; ".join(failed[:5]) + (f" and {len(failed) - 5} more reasons" if len(failed) > 5 else "")
