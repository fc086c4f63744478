"""Consents as the officer handles them: what was asked, by whom, for whom; granting and refusing."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from backchannel.core.consent import State, of_all, state_at
from backchannel.core.provenance import Provenance
from backchannel.errors import Ambiguous, BadArgument, NotFound
from backchannel.flow import consenting
from backchannel.flow.consent_documents import consents_of
from backchannel.flow.ports import Held, Transaction
from backchannel.flow.ports_consents import Beside, Item, Request
from backchannel.node.node import Node
from backchannel.node.parties import party_names
from backchannel.node.prefix import the_one
from backchannel.protocol.consent import read_statement

Role = Literal["ours", "theirs", "relayed"]


class ItemView(msgspec.Struct, frozen=True):
    """One object of a request; `asked_on` says that it is not ours to consent to, and that we asked its giver."""

    number: int
    id: str
    version: str
    sha256: str
    state: str
    until: datetime | None
    asked_on: bool


class RequestView(msgspec.Struct, frozen=True):
    """A request as shown. `role`: `ours` for a release of ours, `theirs` asked of us, `relayed` asked on for another.

    `to` and `by` are names of parties, or their keys where we do not know them; None where we are not told.
    """

    id: str
    role: Role
    party: str
    agreement: str
    to: str | None
    by: str | None
    recipient: str
    state: str
    asked: datetime
    until: datetime | None
    items: list[ItemView]


class ConsentView(msgspec.Struct, frozen=True):
    """A consent beside a held object."""

    id: str
    until: datetime
    onward: str
    signed: bool
    expired: bool


class ProvenanceView(msgspec.Struct, frozen=True):
    """What is known beside a held object, for the officer.

    `originator` is the name of who gave it, if it is its own; None if it was passed on: nobody says whose it is.
    `passed` is `own`, `given`, `listed` or `consent`.
    """

    passed: str
    originator: str | None
    onward: str | None
    destroy_by: datetime | None
    consents: list[ConsentView]


def requests(node: Node, limit: int = 100) -> list[RequestView]:
    """The latest requests, newest first."""
    with node.db.read() as tx:
        names = _names(node, tx)
        return [_view(node, one, tx.consents.items(one.id), names) for one in tx.consents.requests(limit)]


def find(node: Node, prefix: str) -> RequestView:
    """The one request whose id begins so.

    Raises:
        NotFound, Ambiguous: none, or several.
    """
    with node.db.read() as tx:
        request = _request(tx, prefix)
        return _view(node, request, tx.consents.items(request.id), _names(node, tx))


def contents(node: Node, request: RequestView) -> dict[int, bytes]:
    """The bytes of the objects of a request, by the number of the item, as far as they are held in that version."""
    with node.db.read() as tx:
        return {
            item.number: held.raw
            for item in request.items
            for held in tx.holdings.get(item.id)
            if held.version == item.version
        }


def waiting_for_us(node: Node) -> list[RequestView]:
    """Requests with items that our officer has to answer."""
    return [
        one
        for one in requests(node, 1_000)
        if one.role == "theirs" and any(i.state == State.ASKED and not i.asked_on for i in one.items)
    ]


def grant(
    node: Node,
    prefix: str,
    words: Sequence[str] = (),
    *,
    until: datetime | None = None,
    onward: str = "never",
) -> tuple[int, datetime]:
    """Consent to the items of a request that wait, or to those that `words` name; how many, and until when.

    Raises:
        NotFound, Ambiguous: no such request or item, or several.
        BadArgument: `onward` is no word for it, or `until` is over.
        WrongState: nothing of it waits for our answer.
    """
    word: Literal["never", "ask"] = "ask" if onward == "ask" else "never"
    if onward != word:
        raise BadArgument(f"--onward is {onward!r}; it can be never or ask")
    with node.db.write() as tx:
        request = _request(tx, prefix)
        numbers = _numbers(tx.consents.items(request.id), words)
        granted, end = consenting.grant(tx, node.standing(), request, numbers, until=until, onward=word)
    node.us.reached("consent.granted")
    return len(granted), end


def refuse(node: Node, prefix: str, words: Sequence[str] = ()) -> int:
    """Refuse consent to the items of a request that wait, or to those that `words` name; how many.

    Raises:
        NotFound, Ambiguous: no such request or item, or several.
        WrongState: nothing of it waits for an answer.
    """
    with node.db.write() as tx:
        request = _request(tx, prefix)
        numbers = _numbers(tx.consents.items(request.id), words)
        refused = consenting.refuse(tx, node.standing(), request, numbers)
    node.us.reached("consent.refused")
    return len(refused)


def beside(node: Node, found: Sequence[Held]) -> dict[int, ProvenanceView]:
    """What is known beside held objects, by `seq`."""
    with node.db.read() as tx:
        keys = {one.seq: Beside(one.id, one.version, one.source, one.agreement or "") for one in found}
        kept = tx.provenances.of(keys.values())
        return {
            one.seq: _provenance(node, tx, one, kept[keys[one.seq]].provenance if keys[one.seq] in kept else None)
            for one in found
        }


# --- the pieces ------------------------------------------------------------------------------------------------


def _request(tx: Transaction, prefix: str) -> Request:
    word = prefix.lower()
    found = tx.consents.request(the_one(word, tx.consents.requests_beginning(word), "consent request"))
    if found is None:
        raise NotFound(f"there is no consent request {prefix[:80]!r}")
    return found


def _numbers(items: Sequence[Item], words: Sequence[str]) -> set[int] | None:
    """The items that words name: a number as shown, or the beginning of an object's id."""
    if not words:
        return None
    chosen: set[int] = set()
    for word in words:
        found = {one.number for one in items if str(one.number + 1) == word or one.object_id.startswith(word)}
        if not found:
            raise NotFound(f"the request has no item {word[:80]!r}")
        if len(found) > 1:
            raise Ambiguous(f"{word[:80]!r} names {len(found)} items of the request")
        chosen |= found
    return chosen


def _names(node: Node, tx: Transaction) -> Callable[[str], str]:
    names = {node.us.key: node.us.card.name, **party_names(tx)}
    return lambda key: names.get(key, key)


def _view(node: Node, request: Request, items: Sequence[Item], name: Callable[[str], str]) -> RequestView:
    now = node.clock()
    views = [
        ItemView(
            number=one.number + 1,
            id=one.object_id,
            version=one.version,
            sha256=one.sha256,
            state=str(state_at(one.state, request.at, one.until, now)),
            until=one.until,
            asked_on=bool(one.link) and not request.ours,
        )
        for one in items
    ]
    role: Role = "theirs"
    if request.ours:
        role = "relayed" if any(one.link for one in items) else "ours"
    return RequestView(
        id=request.id,
        role=role,
        party=name(request.party),
        agreement=request.agreement,
        to=name(request.to) if request.to else None,
        by=name(request.by) if request.by else None,
        recipient=request.recipient,
        state=str(of_all(State(one.state) for one in views)),
        asked=request.at,
        until=min((one.until for one in items if one.until is not None), default=None),
        items=views,
    )


def _provenance(node: Node, tx: Transaction, held: Held, said: Provenance | None) -> ProvenanceView:
    if said is None:
        own = node.us.card.name if held.own else None
        return ProvenanceView("own" if held.own else "given", own, None, None, [])
    documents = consents_of(tx, said.consents)
    views = []
    for identifier in said.consents:
        if (consent := documents.get(identifier)) is not None:
            statement = read_statement(consent.statement)
            until = datetime.fromisoformat(statement.until)
            expired = until <= node.clock()
            views.append(ConsentView(identifier, until, statement.onward, consent.signed is not None, expired))
    originator = None if said.passed else held.source_name
    return ProvenanceView(said.passed or "given", originator, said.onward, said.destroy_by, views)
