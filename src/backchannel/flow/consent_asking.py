"""Asking for consent: for what a release lacks, and on behalf of whoever asks us for what is not ours.

Rules: a request travels in the channel of the agreement that the objects came under, to the party that gave them to
us; if they are not its own, it asks on. Every hop makes an id of its own. The recipient is named by a commitment; its
name, and who asks, go along only where the terms of that hop let the originator know.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

import msgspec

from backchannel.core.consent import ANSWER_WITHIN, Event, State, advance
from backchannel.core.provenance import narrowest
from backchannel.core.release import Decision, Result, Verdict
from backchannel.core.text import printable
from backchannel.errors import BadConsent, LimitExceeded, NotAgreed
from backchannel.flow.consent_documents import peer_named, under
from backchannel.flow.hearing import Arrival, Hearing
from backchannel.flow.parties import Peer, Standing
from backchannel.flow.ports import AgreementRow, Filter, Held, Transaction
from backchannel.flow.ports_consents import Beside, Item, Request
from backchannel.flow.post import post
from backchannel.protocol import message
from backchannel.protocol.consent import ItemName, opening, recipient_commitment
from backchannel.protocol.versions import CURRENT

DAY = timedelta(days=1)


class Ask(msgspec.Struct, frozen=True):
    """What a release would ask one party for: objects that came from it under one agreement."""

    source: str
    giver: str
    agreement: str
    items: tuple[ItemName, ...]

    def __str__(self) -> str:
        objects = "1 object" if len(self.items) == 1 else f"{len(self.items)} objects"
        return f"a release asks {self.giver} for its originator's consent to {objects}"


class _Wish(NamedTuple):
    """For whom consent is asked: the commitment, and what may be told of it."""

    recipient: str
    salt: str
    to: str
    by: str


def wanted(supposed: Iterable[Decision]) -> tuple[Ask, ...]:
    """What to ask for, given what would leave if all that can be asked for were granted."""
    found: dict[tuple[str, str, str], dict[ItemName, None]] = {}
    for one in supposed:
        passing = one.subject.passing
        if one.sent is not None and passing is not None and passing.supposed:
            key = passing.source, passing.giver, passing.agreement
            found.setdefault(key, {})[ItemName.of(one.sent)] = None
    return tuple(Ask(*key, tuple(items)) for key, items in found.items())


def would_ask(decisions: list[Decision], asks: Collection[Ask]) -> list[Decision]:
    """The decisions, with the rule `originator` telling of which objects a release asks for consent."""
    if not asks:
        return decisions
    named = {(one.source, item.id, item.version): one.giver for one in asks for item in one.items}
    told = []
    for one in decisions:
        passing = one.subject.passing
        if passing is not None and passing.askable:
            giver = named.get((passing.source, one.id, one.subject.object.version))
            if giver is not None:
                verdict = Verdict(
                    "originator", Result.FAIL, f"a release would ask {printable(giver, 80)} for consent"
                )
                verdicts = tuple(verdict if each.rule == "originator" else each for each in one.verdicts)
                one = msgspec.structs.replace(one, verdicts=verdicts)
        told.append(one)
    return told


def ask(tx: Transaction, standing: Standing, them: Peer, asks: Sequence[Ask]) -> tuple[int, list[str]]:
    """Ask for consents to pass objects on to a counterpart: for how many objects, and what the officer should know.

    What exceeds what one request, or the other party, takes is asked for with a later release.
    """
    asked, notes = 0, []
    for one in asks:
        giver = peer_named(tx, one.source)
        if giver is None or (why := _over_budget(tx, standing, one.source, ours=True)):
            notes.append(f"{one.giver} was not asked for consent to {len(one.items)} objects: {why or 'unknown'}")
            continue
        items = one.items[: CURRENT.max_consent_items]
        salt = standing.us.random(32)
        wish = _Wish(recipient_commitment(salt, them.key), salt.hex(), them.key, "")
        _post(tx, standing, giver, one.agreement, items, wish)
        asked += len(items)
    return asked, notes


def on_request(hearing: Hearing, row: AgreementRow, said: message.ConsentRequest) -> Arrival:
    """A counterpart asks for consent to pass on what we gave it: it waits for our officer, or is asked on."""
    tx, standing, peer = hearing.tx, hearing.standing, hearing.peer
    under(tx, row.id, standing)
    if tx.consents.request(said.request) is not None:
        raise BadConsent("a consent request with this id was made before")
    if said.to and recipient_commitment(opening(said.salt), said.to) != said.recipient:
        raise BadConsent("a consent request names another recipient than it commits to")
    if why := _over_budget(tx, standing, peer.key, ours=False):
        raise LimitExceeded(f"a consent request was not taken: {why}")
    sources = _sources(tx, row, said.items)
    request = Request(
        said.request, False, row.id, peer.key, said.recipient, said.salt, said.to, said.by, standing.now
    )
    tx.consents.put_request(request, _items(said.request, said.items))
    refused = _ask_on(tx, standing, peer, request, said, sources)
    if refused:
        answer = message.ConsentRefusal(said.request, tuple(sorted(refused)))
        post(tx, standing.us, peer, row.id, [answer])
    return Arrival()


# --- the pieces ------------------------------------------------------------------------------------------------


def _items(request: str, items: Sequence[ItemName], links: Sequence[tuple[str, int]] = ()) -> list[Item]:
    rows = [Item(request, number, one.id, one.version, one.sha256) for number, one in enumerate(items)]
    return [
        msgspec.structs.replace(row, link=link, link_number=number)
        for row, (link, number) in zip(rows, links, strict=True)
    ] if links else rows  # fmt: skip


def _over_budget(tx: Transaction, standing: Standing, party: str, *, ours: bool, for_others: bool = False) -> str:
    """Why no more may be asked between us and a party, in one direction; empty if it may. `for_others`, whoever asks
    through us leaves us half of it."""
    limits, share = CURRENT, 2 if for_others else 1
    today = tx.consents.asked_since(party, standing.now - DAY, ours=ours)
    if today >= limits.consent_requests_a_day // share:
        return f"there were {today} requests within a day"
    waiting = tx.consents.waiting(party, standing.now - ANSWER_WITHIN, ours=ours)
    if waiting >= limits.open_consent_requests // share:
        return f"{waiting} requests wait for an answer"
    return ""


def _post(
    tx: Transaction,
    standing: Standing,
    giver: Peer,
    agreement: str,
    items: Sequence[ItemName],
    wish: _Wish,
    links: Sequence[tuple[str, int]] = (),
) -> str:
    """Post a request under an agreement and keep it; its id. Only what the terms allow is told of the wish."""
    identifier = standing.us.random(32).hex()
    _, terms = under(tx, agreement, standing)
    told = wish if terms.handling.onward_names else wish._replace(salt="", to="", by="")
    request = Request(
        identifier, True, agreement, giver.key, wish.recipient, wish.salt, wish.to, wish.by, standing.now
    )
    tx.consents.put_request(request, _items(identifier, items, links))
    said = message.ConsentRequest(identifier, tuple(items), told.recipient, told.salt, told.to, told.by)
    post(tx, standing.us, giver, agreement, [said])
    return identifier


def _sources(tx: Transaction, row: AgreementRow, items: Sequence[ItemName]) -> list[Held | None]:
    """Of each item who gave it to us; None if it is ours.

    Raises:
        BadConsent: an item did not leave under this agreement, or not with this content.
    """
    ids = {one.id for one in items}
    crossed = {(one.sent_id, one.version): one.source_id for one in tx.provenances.crossed(row.id, ids)}
    copies = tx.provenances.copies(row.id, ids)
    held: dict[tuple[str, str, str], list[Held]] = {}
    for one in tx.holdings.find(Filter(ids=frozenset(ids))):
        held.setdefault((one.id, one.version, hashlib.sha256(one.raw).hexdigest()), []).append(one)
    found: list[Held | None] = []
    for item in items:
        name = item.id, item.version, item.sha256
        by = held.get(name, [])
        if crossed.get((item.id, item.version)) is None or not (by or name in copies):
            raise BadConsent("a consent request names what did not cross under this agreement")
        found.append(None if name in copies or any(one.own for one in by) else by[0])
    return found


def _ask_on(
    tx: Transaction,
    standing: Standing,
    peer: Peer,
    request: Request,
    said: message.ConsentRequest,
    sources: Sequence[Held | None],
) -> set[int]:
    """Ask the givers of what is not ours; the places of the items that are refused at once."""
    groups: dict[tuple[str, str], list[int]] = {}
    for number, held in enumerate(sources):
        if held is not None:
            groups.setdefault((held.source, held.agreement or ""), []).append(number)
    refused: set[int] = set()
    wish = _Wish(request.recipient, request.salt, request.to, request.by or peer.key)
    for (source, agreement), numbers in groups.items():
        may = _askable(tx, standing, source, agreement, [one for n in numbers if (one := sources[n]) is not None])
        going = [number for number, allowed in zip(numbers, may, strict=True) if allowed]
        refused |= set(numbers) - set(going)
        giver = peer_named(tx, source)
        if going and giver is not None:
            names = [said.items[number] for number in going]
            links = [(request.id, number) for number in going]
            upstream = _post(tx, standing, giver, agreement, names, wish, links)
            _link(tx, request.id, going, upstream)
    _refuse(tx, request.id, refused)
    return refused


def _askable(tx: Transaction, standing: Standing, source: str, agreement: str, held: Collection[Held]) -> list[bool]:
    """Of objects from one party under one agreement, which it can be asked about."""
    try:
        _, terms = under(tx, agreement, standing)
    except NotAgreed:
        return [False] * len(held)
    if peer_named(tx, source) is None or _over_budget(tx, standing, source, ours=True, for_others=True):
        return [False] * len(held)
    keys = [Beside(one.id, one.version, source, agreement) for one in held]
    kept = tx.provenances.of(keys)
    words = [kept[key].provenance.onward if key in kept else "ask" for key in keys]
    return [narrowest(word, terms.handling.onward) != "never" for word in words]


def _link(tx: Transaction, request: str, numbers: Sequence[int], upstream: str) -> None:
    items = tx.consents.items(request)
    tx.consents.update(
        msgspec.structs.replace(items[number], link=upstream, link_number=place)
        for place, number in enumerate(numbers)
    )


def _refuse(tx: Transaction, request: str, numbers: Collection[int]) -> None:
    if numbers:
        items = tx.consents.items(request)
        tx.consents.update(
            msgspec.structs.replace(items[number], state=advance(State.ASKED, Event.REFUSE)) for number in numbers
        )
