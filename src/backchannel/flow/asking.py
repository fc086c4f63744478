"""Requests that we ask: ask and close; and what the counterpart says to them: an answer, or that it declines.

What is asked is itself sensitive. It is judged like an object (`core.request_rules`, and in the release decision
itself `core.release_spoken`), counted against the budget, and kept in the same transaction as it is sealed in.
"""

from collections.abc import Iterable
from typing import cast

import msgspec

from backchannel.core.release_spoken import Finding, Spoken
from backchannel.core.request import Event
from backchannel.core.request_rules import Question, broken_by_answer, broken_by_question
from backchannel.core.stix import format_timestamp
from backchannel.core.term_fields import QUOTA_WINDOW
from backchannel.errors import BadArgument, BadRequest, BudgetSpent, CounterpartError, Withheld
from backchannel.flow import amend
from backchannel.flow.hearing import Arrival, Hearing
from backchannel.flow.outbound import decide_all
from backchannel.flow.parties import Counterpart, Peer, Standing
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.ports_requests import AnswerRow, RequestRow
from backchannel.flow.post import post
from backchannel.flow.record import terms_of
from backchannel.flow.requests import after, check_in_force, heard_of
from backchannel.protocol import message
from backchannel.protocol.message import Tlp
from backchannel.protocol.message_requests import REQUEST_ID_BYTES, Pap
from backchannel.protocol.versions import CURRENT

MOST_ANSWERS = 100
"""Answers to one request that are kept: whoever is asked one thing must not fill the store."""

# --- what we do ------------------------------------------------------------------------------------------------


def ask(
    tx: Transaction,
    standing: Standing,
    peer: Peer,
    row: AgreementRow,
    question: Question,
    *,
    although_withheld: bool = False,
) -> RequestRow:
    """Ask under an agreement in force. With `although_withheld` also what names what stays; that is put on record.

    Raises:
        WrongState: the agreement is not in force.
        BadArgument: it breaks a rule of requests.
        BudgetSpent: too much was asked today.
        Withheld: it names what may not leave.
    """
    check_in_force(row, standing)
    if broken := broken_by_question(question, terms_of(row), standing.now):
        raise BadArgument("; ".join(one.why for one in broken))
    _check_budget(tx, standing, row)
    said = _message(standing.us.random(REQUEST_ID_BYTES).hex(), row.version, question)
    check_own(said)
    overruled = check_sayable(objections(tx, standing, peer, row, question), although_withheld)
    posted = post(tx, standing.us, peer, row.id, [said])
    beside = {"ours": True, "said": posted.sequence, "although": overruled}
    request = RequestRow.of(said.request, row.id, question, standing.now, **beside)
    tx.requests.put(request)
    standing.us.reached("request.asked")
    return request


def close(tx: Transaction, standing: Standing, peer: Peer, row: AgreementRow, request: RequestRow) -> RequestRow:
    """Close a request of ours: no more answers are wanted.

    Raises:
        WrongState: it is not ours, or it is over; or its agreement is not in force.
    """
    closed = after(request, row, standing, Event.CLOSE)
    check_in_force(row, standing)
    posted = post(tx, standing.us, peer, row.id, [message.RequestClose(request.id)])
    closed = msgspec.structs.replace(closed, ended_by=posted.sequence)
    tx.requests.put(closed)
    standing.us.reached("request.closed")
    return closed


def objections(
    tx: Transaction, standing: Standing, them: Counterpart, row: AgreementRow, question: Question
) -> tuple[Finding, ...]:
    """What the release decision has against a question: everything in it that names what stays."""
    said = [Spoken("the question", question.text, question.tlp)]
    said += [Spoken(f"the {one.type}", one.value, question.tlp) for one in question.observables]
    return decide_all(tx, standing, them, row, terms_of(row), everything=False, said=said).objections


# --- what they do ----------------------------------------------------------------------------------------------


def on_answer(hearing: Hearing, row: AgreementRow, said: message.Answer) -> Arrival:
    """An answer came in. Its objects are in the release before it, and were vetted there.

    Raises:
        NotAgreed, WrongState, BadRequest: it answers nothing that we asked and that is open.
    """
    tx, standing = hearing.tx, hearing.standing
    request = heard_of(hearing, row, said.request)
    answered = after(request, row, standing, Event.ANSWERED)
    if broken := broken_by_answer(said.note, said.tlp, terms_of(row)):
        raise BadRequest("an answer: " + "; ".join(one.why for one in broken))
    if len(tx.requests.answers(request.id)) >= MOST_ANSWERS:
        raise BadRequest(f"request {request.id[:12]} has {MOST_ANSWERS} answers; more are not kept")
    tx.requests.put(answered)
    tx.requests.add_answer(
        AnswerRow(
            request=request.id,
            ours=False,
            note=said.note,
            tlp=said.tlp,
            objects=said.objects,
            at=standing.now,
            envelope=hearing.delivery.envelope,
        )
    )
    amend.on_word_under(tx, row, said.version)
    return Arrival(answers=1)


def on_decline(hearing: Hearing, row: AgreementRow, said: message.RequestDecline) -> Arrival:
    """They decline what we asked.

    Raises:
        NotAgreed, WrongState, BadRequest: it declines nothing that we asked and that is open.
    """
    request = heard_of(hearing, row, said.request)
    hearing.tx.requests.put(after(request, row, hearing.standing, Event.DECLINED))
    return Arrival(answers=1)


# --- the pieces ------------------------------------------------------------------------------------------------


def check_sayable(found: Iterable[Finding], although_withheld: bool) -> str:
    """What the officer overrules, in words; empty if there is nothing to overrule.

    Raises:
        Withheld: something is found that cannot be overruled, or was not.
    """
    objecting = list(found)
    why = "; ".join(one.why for one in objecting)
    if objecting and not (although_withheld and all(one.is_mention for one in objecting)):
        raise Withheld(why)
    return why


def check_own(said: message.Request | message.Answer) -> None:
    """Ours is no larger than the counterpart takes.

    Raises:
        BadArgument: it is.
    """
    try:
        said.check(CURRENT)
    except CounterpartError as error:
        raise BadArgument(str(error)) from None


def _check_budget(tx: Transaction, standing: Standing, row: AgreementRow) -> None:
    most = terms_of(row).requests.per_day
    asked = tx.requests.asked_since(row.id, standing.now - QUOTA_WINDOW, ours=True)
    if asked >= most:
        raise BudgetSpent(
            f"{asked} requests were asked within 24 hours; agreement {row.id[:12]} allows {most}"
            if most
            else f"agreement {row.id[:12]} allows no requests"
        )


def _message(identifier: str, version: str, question: Question) -> message.Request:
    return message.Request(
        identifier,
        version,
        question.text,
        tuple(message.AskedObservable(one.type, one.value) for one in question.observables),
        question.threat,
        None if question.wanted_by is None else format_timestamp(question.wanted_by),
        cast(Tlp, question.tlp),
        cast(Pap | None, question.pap),
    )
