"""Agreements as the operator handles them: terms files in, rows and readable views out."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from backchannel.core.agreement import Change, State
from backchannel.core.scope import THREAT_TYPES
from backchannel.core.stix import format_timestamp
from backchannel.core.terms import Terms, from_canonical, parse, prose
from backchannel.core.terms import template as terms_template
from backchannel.errors import BadArgument, BadTerms, UnreadableFile, WrongState
from backchannel.flow import agree, alone, ending
from backchannel.flow import amend as amending
from backchannel.flow.parties import Guest, Peer
from backchannel.flow.ports import AgreementRow, Party, Transaction
from backchannel.flow.record import offer_of, signed_of, state_now
from backchannel.flow.threats import resolve_threats
from backchannel.node.holdings import one_object
from backchannel.node.node import Node, utc_now
from backchannel.node.parties import counterpart_of, find_party, party_of, peer_of

MAX_TERMS_FILE = 256 * 1024


class AgreementView(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """An agreement as listed. `state` is the state now: what is not in a final state expires with its terms.

    `proposed_by` is the name of the proposer; `amendment` says whose signature a pending amendment waits for.
    `signed_by` are the names of those who signed the terms as they stand; `guest` says that the counterpart is one,
    so that it signs nothing.
    """

    id: str
    title: str
    state: str
    with_: str
    proposed_by: str
    valid_from: str
    valid_until: str
    version: str
    amendment: str | None
    signed_by: tuple[str, ...]
    guest: bool

    def as_json(self) -> dict[str, object]:
        """The view as a JSON object."""
        return dict(msgspec.to_builtins(self))


def template(threats: Sequence[str]) -> str:
    """A commented terms file."""
    return terms_template(utc_now(), threats)


def propose(node: Node, path: Path, to: str, *, one_sided: bool = False) -> tuple[AgreementRow, list[str]]:
    """Sign a terms file and offer it to a counterpart; the row, and what to know about its threat names. With a guest
    they are in force at once.

    Raises:
        BadArgument: the counterpart is a guest and `one_sided` was not said, or the other way round.
    """
    with node.db.write() as tx:
        them = counterpart_of(find_party(tx, to))
        _check_one_sided(them, one_sided, "puts these terms in force at once")
        terms = parse(_read(path), proposer=node.us.key, accepter=them.key, now=node.clock())
        if isinstance(them, Guest):
            row = alone.put_in_force(tx, node.standing(), them, terms)
        else:
            row = agree.propose(tx, node.standing(), them, terms)
        return row, _notes(node, tx, row, terms)


def amend(node: Node, prefix: str, path: Path, *, one_sided: bool = False) -> tuple[AgreementRow, Change]:
    """Sign new terms for an agreement in force. With a guest they hold at once.

    Raises:
        BadArgument: they widen an agreement with a guest and `one_sided` was not said, or it was said and the
            counterpart is none.
    """
    with node.db.write() as tx:
        row = node.agreement(tx, prefix)
        before = from_canonical(row.terms)
        terms = parse(
            _read(path),
            proposer=before.parties.proposer,
            accepter=before.parties.accepter,
            now=node.clock(),
            predecessor=row.version,
            before=before,
        )
        them = party_of(tx, row)
        if isinstance(them, Guest):
            row, change = alone.amend(tx, node.standing(), row, terms)
            wider = f"widens what is in force at once ({'; '.join(change.widened)})"
            _check_one_sided(them, one_sided or not change.widened, wider)
            return row, change
        _check_one_sided(them, one_sided, "")
        return amending.amend(tx, node.standing(), them, row, terms)


def accept(node: Node, prefix: str) -> tuple[AgreementRow, list[str]]:
    """Sign the counterpart's proposal or pending amendment; the row, and what to know about the counterpart."""
    with node.db.write() as tx:
        row = node.agreement(tx, prefix)
        if state_now(row, node.clock()) is State.OFFERED:
            raise WrongState(f"agreement {row.id[:12]} is our own proposal: it waits for the counterpart's signature")
        return agree.accept(tx, node.standing(), _answered(tx, row), row), _unverified(tx, row)


def decline(node: Node, prefix: str) -> tuple[AgreementRow, str]:
    """Decline the counterpart's proposal or amendment, or withdraw ours; the row, and which of them it was."""
    with node.db.write() as tx:
        row = node.agreement(tx, prefix)
        after = agree.decline(tx, node.standing(), _answered(tx, row), row)
    offer = offer_of(row)
    ours = row.proposed_by_us if offer is None else offer.ours
    what = "proposal" if offer is None else "amendment"
    return after, f"Withdrew our {what}" if ours else f"Declined their {what}"


def end(node: Node, prefix: str) -> AgreementRow:
    """End an agreement in force."""
    with node.db.write() as tx:
        row = node.agreement(tx, prefix)
        them = party_of(tx, row)
        if isinstance(them, Guest):
            return alone.end(tx, node.standing(), row)
        return ending.end(tx, node.standing(), them, row)


def is_with_guest(node: Node, row: AgreementRow) -> bool:
    """Whether the counterpart of an agreement is a guest: nothing about it is carried to anybody."""
    with node.db.read() as tx:
        return find_party(tx, row.party).is_guest


def pin(node: Node, prefix: str, name: str, object_id: str) -> str:
    """Pin a threat name of an agreement to one held threat; its id and name."""
    with node.db.write() as tx:
        row = node.agreement(tx, prefix)
        names = from_canonical(row.terms).scope.threats
        if name.casefold() not in (one.casefold() for one in names):
            raise BadArgument(f"the agreement names no threat {name!r}; it names {', '.join(names)}")
        held = one_object(tx, object_id)[0]
        if held.type not in THREAT_TYPES:
            raise BadArgument(f"{held.id} is no threat; a name can stand for: {', '.join(sorted(THREAT_TYPES))}")
        exact = next(one for one in names if one.casefold() == name.casefold())
        tx.agreements.pin(row.id, exact, held.id)
    return f"{held.id} ({held.name})" if held.name else held.id


def all_agreements(node: Node) -> list[AgreementView]:
    """All agreements and proposals, the one that changed last at the end."""
    with node.db.read() as tx:
        known = _by_key(tx)
        return [_view(node, row, known, node.clock()) for row in tx.agreements.all()]


def waiting_for_us(node: Node) -> list[AgreementView]:
    """The counterparts' proposals and amendments that nobody here has answered yet."""
    with node.db.read() as tx:
        known = _by_key(tx)
        now = node.clock()
        return [_view(node, row, known, now) for row in tx.agreements.all() if _asks_us(row, state_now(row, now))]


def show(node: Node, prefix: str) -> tuple[AgreementView, str, list[str]]:
    """An agreement's view, its prose, and what its threat names stand for here."""
    with node.db.read() as tx:
        row = node.agreement(tx, prefix)
        terms = from_canonical(row.terms)
        view = _view(node, row, _by_key(tx), node.clock())
        text = prose(terms, node.us.card.name, view.with_, guest=view.guest)
        return view, f"{view.state.capitalize()}. {text}", _notes(node, tx, row, terms)


def _check_one_sided(them: Guest | Peer, one_sided: bool, what: str) -> None:
    """Only with a guest one signature is enough, and then only if the officer says that this is meant."""
    if isinstance(them, Guest) and not one_sided:
        raise BadArgument(
            f"{them.name} is a guest and signs nothing: your signature alone {what}. Whether it agrees is only what "
            "you have from it on paper; if that is enough, say --one-sided"
        )
    if isinstance(them, Peer) and one_sided:
        raise BadArgument(f"{them.name} has a node and signs for itself: leave out --one-sided")


def _answered(tx: Transaction, row: AgreementRow) -> Peer:
    """The counterpart that an answer goes to."""
    return peer_of(find_party(tx, row.party), "it offers nothing, so nothing of it waits for an answer")


def _by_key(tx: Transaction) -> dict[str, Party]:
    return {party.key: party for party in tx.agreements.parties()}


def _asks_us(row: AgreementRow, state: State) -> bool:
    offer = offer_of(row)
    return state is State.PROPOSED or (state is State.IN_FORCE and offer is not None and not offer.ours)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_TERMS_FILE + 1)
        if len(data) > MAX_TERMS_FILE:
            raise BadTerms(f"{path} has more than {MAX_TERMS_FILE} bytes")
        return data.decode("utf-8-sig")
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise BadTerms(f"{path}: not UTF-8 text (byte {error.start + 1})") from None


def _notes(node: Node, tx: Transaction, row: AgreementRow, terms: Terms) -> list[str]:
    named = resolve_threats(tx, terms.scope.threats, tx.agreements.pins(row.id), node.synonyms).notes
    return [*named, *_unverified(tx, row)]


def _unverified(tx: Transaction, row: AgreementRow) -> list[str]:
    party = find_party(tx, row.party)
    if party.is_guest or party.verified:
        return []
    return [
        f"the words of {party.name}'s card were not compared: it could be anybody's. "
        f"backchannel party show {party.key[:12]}"
    ]


def _view(node: Node, row: AgreementRow, known: dict[str, Party], now: datetime) -> AgreementView:
    terms = from_canonical(row.terms)
    them = known[row.party].name
    names = {node.us.key: node.us.card.name, row.party: them}
    signers = signed_of(row).by
    offer = offer_of(row)
    amendment = None
    if offer is not None:
        amendment = "waits for them" if offer.ours else "waits for us"
    return AgreementView(
        id=row.id,
        title=row.title,
        state=state_now(row, now).shown,
        with_=them,
        proposed_by=node.us.card.name if row.proposed_by_us else them,
        valid_from=format_timestamp(terms.valid_from),
        valid_until=format_timestamp(terms.valid_until),
        version=row.version,
        amendment=amendment,
        signed_by=tuple(name for key, name in names.items() if key in signers),
        guest=known[row.party].is_guest,
    )
