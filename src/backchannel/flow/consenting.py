"""Answering requests for consent: our officer's yes or no, and what comes back from those we asked.

Rules: a yes is one signed statement on the items it is about (off the record an unsigned one). Whoever gets it checks
it against what it asked, and against the origin of the objects it holds, before it keeps or hands on anything. What
was asked for somebody else goes back to that party, as it came.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from backchannel.core.consent import Event, State, advance, state_at
from backchannel.core.stix import format_timestamp, timestamp
from backchannel.errors import BadArgument, BadConsent, WrongState
from backchannel.flow.consent_documents import on_record, peer_named, put_consents, under
from backchannel.flow.hearing import Arrival, Hearing
from backchannel.flow.ledger import enter_consent
from backchannel.flow.parties import Standing
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.ports_consents import Beside, Item, Request
from backchannel.flow.post import post
from backchannel.flow.record import find
from backchannel.protocol import message
from backchannel.protocol.consent import Consent, ItemName, Originator, Proof, make_consent, opening, read_statement


def grant(
    tx: Transaction,
    standing: Standing,
    request: Request,
    numbers: Collection[int] | None = None,
    *,
    until: datetime | None = None,
    onward: Literal["never", "ask"] = "never",
) -> tuple[list[Item], datetime]:
    """Consent to the items that wait for us, or to those of them; which, and until when.

    Without `until` the consent holds as long as the agreement does.

    Raises:
        WrongState: nothing of it waits for our answer.
        BadArgument: `until` is over already.
        NotAgreed: the agreement is not in force.
    """
    row, terms = under(tx, request.agreement, standing)
    end = until if until is not None else terms.valid_until
    if end <= standing.now:
        raise BadArgument(f"a consent until {format_timestamp(end)} is over already")
    items = _waiting_for_us(tx, standing, request, numbers)
    originator = Originator(standing.us.secret, row.id)
    names = [ItemName(one.object_id, one.version, one.sha256) for one in items]
    consent = make_consent(
        originator,
        names,
        recipient=request.recipient,
        until=format_timestamp(end),
        at=format_timestamp(standing.now),
        onward=onward,
        on_record=on_record(terms),
    )
    nonces = [originator.nonce(one.object_id).hex() for one in items]
    granted = [_granted(one, consent, nonce, end) for one, nonce in zip(items, nonces, strict=True)]
    put_consents(tx, (consent,))
    tx.consents.update(granted)
    _answer(tx, standing, request, granted, consent)
    return granted, end


def refuse(
    tx: Transaction, standing: Standing, request: Request, numbers: Collection[int] | None = None
) -> list[Item]:
    """Refuse consent to the items that wait, or to those of them. Nobody is told a reason.

    Raises:
        WrongState: nothing of it waits for an answer.
    """
    items = _waiting_for_us(tx, standing, request, numbers, relayed=True)
    refused = [msgspec.structs.replace(one, state=advance(State.ASKED, Event.REFUSE)) for one in items]
    tx.consents.update(refused)
    _answer(tx, standing, request, refused, None)
    return refused


def withdraw(tx: Transaction, objects: Collection[str], now: datetime, giver: str | None = None) -> int:
    """Mark what was asked or granted about these objects as withdrawn, since they are recalled; how many items.

    With `giver`, a party, only what it was asked, by us or for others: an object of the same id may be here from
    somebody else too, and nobody recalls another's consent.
    """
    found = tx.consents.naming(objects)
    if giver is not None:
        asked = {request.id for request, _ in found if request.ours and request.party == giver}
        found = [one for one in found if one[0].id in asked or (not one[0].ours and one[1].link in asked)]
    gone = [
        msgspec.structs.replace(item, state=advance(item.state, Event.WITHDRAW))
        for request, item in found
        if state_at(item.state, request.at, item.until, now) in (State.ASKED, State.GRANTED)
    ]
    tx.consents.update(gone)
    return len(gone)


def on_grant(hearing: Hearing, row: AgreementRow, said: message.ConsentGrant) -> Arrival:
    """What we asked for is granted: for a release of ours, or for whoever asked us."""
    request, items = _asked(hearing, row, said.request, said.items)
    statement = read_statement(said.consent.statement)
    until = timestamp(statement.until)
    if statement.recipient != request.recipient:
        raise BadConsent("a consent is for another recipient than we asked for")
    if until <= hearing.standing.now:
        raise BadConsent(f"a consent expired on {statement.until[:10]}, before it came")
    consent = msgspec.structs.replace(said.consent, salt="")
    proof = Proof((consent,), hearing.standing.us.key, hearing.standing.now)
    origins = _origins(hearing.tx, row, items)
    for item, nonce in zip(items, said.nonces, strict=True):
        name = ItemName(item.object_id, item.version, item.sha256)
        proof.opens(consent.id, name, opening(nonce), origins[item.object_id, item.version])
    granted = [_granted(one, consent, nonce, until) for one, nonce in zip(items, said.nonces, strict=True)]
    put_consents(hearing.tx, (consent,))
    enter_consent(hearing.tx, hearing.standing.us, row, consent.id)
    hearing.tx.consents.update(granted)
    _hand_on(hearing.tx, hearing.standing, granted, consent)
    return _note_of(hearing, "gave", request, granted)


def on_refusal(hearing: Hearing, row: AgreementRow, said: message.ConsentRefusal) -> Arrival:
    """What we asked for is refused."""
    request, items = _asked(hearing, row, said.request, said.items)
    refused = [msgspec.structs.replace(one, state=advance(State.ASKED, Event.REFUSE)) for one in items]
    hearing.tx.consents.update(refused)
    _hand_on(hearing.tx, hearing.standing, refused, None)
    return _note_of(hearing, "refused", request, refused)


# --- the pieces ------------------------------------------------------------------------------------------------


def _note_of(hearing: Hearing, did: str, request: Request, items: Sequence[Item]) -> Arrival:
    """For the officer, whose next release it is about; what was asked for another party goes back by itself."""
    mine = sum(not one.link for one in items)
    objects = f"{mine} object" if mine == 1 else f"{mine} objects"
    note = f"{hearing.peer.name} {did} consent to pass on {objects}: backchannel consent show {request.id[:12]}"
    return Arrival(notes=(note,) if mine else ())


def _granted(item: Item, consent: Consent, nonce: str, until: datetime) -> Item:
    state = advance(item.state, Event.GRANT)
    return msgspec.structs.replace(item, state=state, until=until, consent=consent.id, nonce=nonce)


def _waiting_for_us(
    tx: Transaction,
    standing: Standing,
    request: Request,
    numbers: Collection[int] | None,
    *,
    relayed: bool = False,
) -> list[Item]:
    """The items of a request that wait for our word; with `relayed` also those that we asked on."""
    if request.ours:
        raise WrongState(f"we asked for consent {request.id[:12]} ourselves: it is not ours to answer")
    found = [
        item
        for item in tx.consents.items(request.id)
        if (numbers is None or item.number in numbers)
        and (relayed or not item.link)
        and state_at(item.state, request.at, item.until, standing.now) is State.ASKED
    ]
    if not found:
        raise WrongState(f"nothing of consent request {request.id[:12]} waits for our answer")
    return found


def _asked(
    hearing: Hearing, row: AgreementRow, identifier: str, numbers: Sequence[int]
) -> tuple[Request, list[Item]]:
    """The request that an answer speaks of, and its items.

    Raises:
        BadConsent: we asked this counterpart for no such thing under this agreement.
        WrongState: it was answered, or has lapsed.
    """
    tx, now = hearing.tx, hearing.standing.now
    request = tx.consents.request(identifier)
    if request is None or not request.ours or (request.agreement, request.party) != (row.id, hearing.peer.key):
        raise BadConsent("an answer to a consent request that we did not make here")
    items = tx.consents.items(identifier)
    if numbers[-1] >= len(items):
        raise BadConsent("an answer to an item that we did not ask for")
    chosen = [items[number] for number in numbers]
    late = [one for one in chosen if state_at(one.state, request.at, one.until, now) is not State.ASKED]
    if late:
        raise WrongState(f"consent request {identifier[:12]} was answered before, or has lapsed")
    return request, chosen


def _origins(tx: Transaction, row: AgreementRow, items: Iterable[Item]) -> Mapping[tuple[str, str], str]:
    """What the objects commit to, as this counterpart gave them to us."""
    keys = {(one.object_id, one.version): Beside(one.object_id, one.version, row.party, row.id) for one in items}
    kept = tx.provenances.of(list(keys.values()))
    return {name: kept[key].provenance.origin if key in kept else "" for name, key in keys.items()}


def _hand_on(tx: Transaction, standing: Standing, items: Iterable[Item], consent: Consent | None) -> None:
    """Give answers back to those for whom we asked."""
    by_request: dict[str, dict[int, Item]] = {}
    for item in items:
        if item.link:
            by_request.setdefault(item.link, {})[item.link_number] = item
    for identifier, answers in by_request.items():
        request = tx.consents.request(identifier)
        if request is None:
            continue
        changed = [
            msgspec.structs.replace(one, state=got.state, until=got.until, consent=got.consent, nonce=got.nonce)
            for one in tx.consents.items(identifier)
            if (got := answers.get(one.number)) is not None and one.state is State.ASKED
        ]
        tx.consents.update(changed)
        _answer(tx, standing, request, changed, consent)


def _answer(
    tx: Transaction, standing: Standing, request: Request, items: Sequence[Item], consent: Consent | None
) -> None:
    """Post an answer to some items of a request, in the channel that it came by."""
    peer = peer_named(tx, request.party)
    if not items or peer is None:
        return
    numbers = tuple(one.number for one in items)
    said: message.AnyMessage = message.ConsentRefusal(request.id, numbers)
    if consent is not None:
        said = message.ConsentGrant(request.id, numbers, tuple(one.nonce for one in items), consent)
        row = find(tx, request.agreement)
        if row is not None:
            enter_consent(tx, standing.us, row, consent.id)
    post(tx, standing.us, peer, request.agreement, [said])
