"""Amending: new terms for an agreement in force, from us and from the counterpart, also when the two cross.

Rules:
- What only narrows needs one signature and holds at once for what one sends; anything else waits for the second.
- Of two that crossed on their way, the one with the lesser id is answered first, on both nodes; if they are the
  same, both have signed it.
- Narrowings that crossed hold both: the terms are what neither forbids (`core.narrowest`), on both nodes. If one of
  them says just that, it stays as it was signed; else nobody signed the terms as such, and the counterpart arrives
  at them only if it heard the same. So a narrowing that follows them names the counterpart's last word instead.
- A withdrawal that crossed the acceptance wins: who accepted goes back to the version before. It did not cross, and
  changes nothing, once the proposer gave a receipt for the acceptance, or released or amended under its terms.
- What was withdrawn is offered again only when the withdrawal has arrived: an acceptance says which terms it is for,
  not which of two offers of the same.
- What follows a version that we never had is refused and changes nothing.

Each node sends only what its own version allows and refuses whatever its own does not, so that while messages are
on their way no more crosses than both versions allow.
"""

from collections.abc import Sequence

import msgspec

from backchannel.core.agreement import Change, Event, advance, compare
from backchannel.core.narrowest import narrowest
from backchannel.core.terms import Terms, canonical, from_canonical, terms_id
from backchannel.errors import BadTerms, NotAgreed, WrongState
from backchannel.flow.ending import end
from backchannel.flow.hearing import Arrival, Hearing, note_of
from backchannel.flow.ledger import enter_agreement
from backchannel.flow.parties import Peer, Standing
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.post import has_heard, tell
from backchannel.flow.record import (
    Offer,
    Signed,
    Version,
    follow,
    offer_of,
    offers_of,
    signed_of,
    state_now,
    terms_of,
    with_offers,
    with_peer,
)
from backchannel.flow.retract import take_back
from backchannel.protocol import message
from backchannel.protocol.crypto import Signatures
from backchannel.protocol.signing import sign_terms, verify_terms

MOST_VERSIONS = 16
"""Versions kept that the counterpart may still follow: far more than two officers make between two syncs."""

# --- what we do ------------------------------------------------------------------------------------------------


def amend(
    tx: Transaction, standing: Standing, peer: Peer, row: AgreementRow, terms: Terms
) -> tuple[AgreementRow, Change]:
    """Sign the next version of an agreement's terms. What only narrows is in force at once.

    An amendment of ours that still waits is withdrawn: the new one takes its place.

    Raises:
        WrongState: the agreement is not in force, or an amendment of theirs waits for us.
        BadTerms: the terms say what those in force say.
    """
    change = change_to(row, standing, terms)
    if not change.widened:
        terms = msgspec.structs.replace(terms, predecessor=_surely_known(row))
    document = canonical(terms)
    _check_unanswered(row, document, change)
    _check_taken_back(tx, standing, peer, row, terms_id(document))
    ours = offers_of(row).get(True)
    if ours is not None:
        row = _taken_back(tx, standing, peer, row, ours)
    signatures = sign_terms(standing.us.private, document)
    said = tell(tx, standing, peer, message.Amendment(row.id, msgspec.Raw(document), signatures))
    if change.widened:
        after = _offered(row, standing, Offer(msgspec.Raw(document), True, signatures, said))
    else:
        line = _still_followed(tx, standing, peer, _line(row))
        after = follow(row, standing, document, Signed({standing.us.key: signatures}, line, said=said))
    _put(tx, standing, row, after)
    return after, change


def change_to(row: AgreementRow, standing: Standing, terms: Terms) -> Change:
    """What new terms would change in an agreement.

    Raises:
        WrongState: it is not in force.
        BadTerms: the terms say what those in force say.
    """
    advance(state_now(row, standing.now), Event.AMEND)
    before = terms_of(row)
    if terms.record.mode != before.record.mode:
        raise BadTerms(f"record.mode: stays {before.record.mode!r} for the whole life of the agreement")
    change = compare(before, terms)
    if not change.narrowed and not change.widened:
        raise BadTerms("the new terms say the same as those in force")
    return change


def accept_amendment(
    tx: Transaction, standing: Standing, peer: Peer, row: AgreementRow, offer: Offer
) -> AgreementRow:
    """Sign the counterpart's amendment that waits.

    Raises:
        WrongState: it is ours, or the agreement is over.
    """
    advance(state_now(row, standing.now), Event.AMEND)
    if offer.ours:
        raise WrongState(f"the amendment of {row.id[:12]} is ours; it waits for the counterpart's signature")
    document = bytes(offer.terms)
    signatures = sign_terms(standing.us.private, document)
    said = tell(tx, standing, peer, message.AmendmentAcceptance(row.id, offer.version, signatures))
    by = {peer.key: offer.signatures, standing.us.key: signatures}
    after = follow(row, standing, document, Signed(by, _line(row), said, offers_of(row).get(True)))
    _put(tx, standing, row, after)
    return after


def drop_amendment(tx: Transaction, standing: Standing, peer: Peer, row: AgreementRow, offer: Offer) -> AgreementRow:
    """Decline the counterpart's amendment, or withdraw ours."""
    if offer.ours:
        row = _taken_back(tx, standing, peer, row, offer)
    else:
        tell(tx, standing, peer, message.Decline(row.id, offer.version))
        row = _without(row, standing, offer)
    tx.agreements.put(row)
    return row


# --- what they do ----------------------------------------------------------------------------------------------


def on_amendment(hearing: Hearing, said: message.Amendment) -> Arrival:
    """New terms came in: in force where they only narrow, else kept for the officer."""
    tx, standing, peer = hearing.tx, hearing.standing, hearing.peer
    row = with_peer(tx, peer, said.agreement)
    advance(state_now(row, standing.now), Event.AMEND)
    document = bytes(said.terms)
    terms = from_canonical(document)
    verify_terms(peer.card.keys, document, said.signatures)
    if terms.parties != terms_of(row).parties:
        raise NotAgreed(f"the amendment of {row.id[:12]} names other parties")
    if terms.record.mode != terms_of(row).record.mode:
        raise NotAgreed(f"the amendment of {row.id[:12]} changes whether it is on the record")
    line = signed_of(row).line
    place = _place(line, terms.predecessor)
    if terms.predecessor == row.version:
        _put(tx, standing, row, _next(row, standing, terms, said.signatures, by=peer))
    elif place is None:
        raise NotAgreed(f"the amendment of {row.id[:12]} follows a version that we do not know")
    elif compare(from_canonical(bytes(line[place].terms)), terms).widened:
        raise NotAgreed(f"the amendment of {row.id[:12]} crossed one of ours that is in force, and lapses")
    else:
        known = _with_signed(row, _known(signed_of(row), place))
        _hold_both(tx, standing, peer, known, Version(said.terms, {peer.key: said.signatures}))
    after = with_peer(tx, peer, row.id)
    return note_of(peer, "narrowed", after) if after.version != row.version else Arrival()


def on_amendment_acceptance(hearing: Hearing, said: message.AmendmentAcceptance) -> Arrival:
    """Our widening amendment was accepted. One that no longer waits is declined, so that they go back."""
    tx, standing, peer = hearing.tx, hearing.standing, hearing.peer
    row = with_peer(tx, peer, said.agreement)
    advance(state_now(row, standing.now), Event.AMEND)
    offer = offers_of(row).get(True)
    if offer is not None and offer.version == said.version:
        document = bytes(offer.terms)
        verify_terms(peer.card.keys, document, said.signatures)
        by = {standing.us.key: offer.signatures, peer.key: said.signatures}
        after = follow(row, standing, document, Signed(by))
        _put(tx, standing, row, after)
        return note_of(peer, "accepted new terms for", after)
    if said.version != row.version:
        tell(tx, standing, peer, message.Decline(row.id, said.version))
        raise NotAgreed(f"the acceptance for {row.id[:12]} is for no amendment of ours that waits")
    return Arrival()


def on_amendment_dropped(tx: Transaction, standing: Standing, peer: Peer, row: AgreementRow, version: str) -> None:
    """They declined our amendment, or withdrew theirs, perhaps while our acceptance was on its way.

    Raises:
        NotAgreed: no such amendment waits, and we did not accept it either; or they know that we did.
    """
    offer = next((one for one in offers_of(row).values() if one.version == version), None)
    if offer is not None:
        tx.agreements.put(_without(row, standing, offer))
        return
    signed = signed_of(row)
    current = Version(msgspec.Raw(row.terms), signed.by, signed.taken_up, signed.said)
    accepted = next((one for one in (*signed.line, current) if one.taken_up and one.id == version), None)
    if accepted is None:
        raise NotAgreed(f"no amendment {version[:12]} of {row.id[:12]} waits, or was accepted and not heard of yet")
    if has_heard(tx, standing, peer, accepted.taken_up):
        raise NotAgreed(f"the amendment {version[:12]} of {row.id[:12]} was withdrawn after its acceptance arrived")
    if accepted is current:
        _go_back(tx, row, standing)
    else:
        _narrow_again(tx, standing, peer, row, version)


def on_word_under(tx: Transaction, row: AgreementRow, version: str) -> None:
    """They act under a version of the terms: they know of it, and can withdraw neither it nor what it follows."""
    signed = signed_of(row)
    place = len(signed.line) if version == row.version else _place(signed.line, version)
    if place is None:
        return
    known = _known(signed, place)
    if known != signed:
        tx.agreements.put(_with_signed(row, known))


# --- the pieces ------------------------------------------------------------------------------------------------


def _next(row: AgreementRow, standing: Standing, terms: Terms, signatures: Signatures, *, by: Peer) -> AgreementRow:
    """Their amendment follows the version in force here: they know all that we know."""
    document = canonical(terms)
    if not compare(terms_of(row), terms).widened:
        return follow(row, standing, document, Signed({by.key: signatures}))
    ours = offers_of(row).get(True)
    if ours is not None and bytes(ours.terms) == document:
        both = {standing.us.key: ours.signatures, by.key: signatures}
        return follow(row, standing, document, Signed(both, _line(row), ours.said, ours))
    signed = signed_of(row)
    line = () if signed.by else _known(signed, len(signed.line)).line
    known = _with_signed(row, Signed(signed.by, line, withdrawn=signed.withdrawn))
    return _offered(known, standing, Offer(msgspec.Raw(document), False, signatures))


def _hold_both(tx: Transaction, standing: Standing, peer: Peer, row: AgreementRow, theirs: Version) -> None:
    """Their narrowing was on its way when ours was made: hold both, or end what nothing is left of."""
    signed = signed_of(row)
    line = (*_line(row), theirs)
    if len(line) > MOST_VERSIONS:
        raise NotAgreed(f"too many versions of {row.id[:12]} crossed without an answer")
    now, then = terms_of(row), from_canonical(bytes(theirs.terms))
    try:
        both = narrowest(now, then, predecessor=row.id)
    except BadTerms:
        end(tx, standing, peer, row)
        return
    says_both = {
        version: by
        for version, by, terms in ((row.version, signed.by, now), (theirs.id, theirs.by, then))
        if by and not compare(terms, both).narrowed
    }
    chosen = min(says_both, default="")
    if chosen == row.version:
        news = {"by": signed.by | theirs.by} if theirs.id == chosen else {"line": (*signed.line, theirs)}
        _put(tx, standing, row, _with_signed(row, msgspec.structs.replace(signed, **news)))
    elif chosen:
        _put(tx, standing, row, follow(row, standing, bytes(theirs.terms), Signed(theirs.by, _line(row))))
    else:
        _put(tx, standing, row, follow(row, standing, canonical(both), Signed({}, line)))


def _narrow_again(tx: Transaction, standing: Standing, peer: Peer, row: AgreementRow, version: str) -> None:
    """They withdrew what we had accepted and then narrowed: what we forbade since holds on the version before."""
    line = signed_of(row).line
    line = line[: _place(line, version)]
    before = from_canonical(bytes(line[-1].terms))
    try:
        again = narrowest(before, terms_of(row), predecessor=line[-1].id if line[-1].by else line[-2].id)
    except BadTerms:
        end(tx, standing, peer, row)
        return
    if not compare(before, again).narrowed:
        _put(tx, standing, row, follow(row, standing, bytes(line[-1].terms), Signed(line[-1].by, line[:-1])))
        return
    document = canonical(again)
    signatures = sign_terms(standing.us.private, document)
    said = tell(tx, standing, peer, message.Amendment(row.id, msgspec.Raw(document), signatures))
    _put(tx, standing, row, follow(row, standing, document, Signed({standing.us.key: signatures}, line, said=said)))


def _go_back(tx: Transaction, row: AgreementRow, standing: Standing) -> None:
    """They withdrew what we had accepted last: the version before holds again, and an offer of ours that lapsed
    for it waits again."""
    signed = signed_of(row)
    before = signed.line[-1]
    restored = Signed(before.by, signed.line[:-1], before.taken_up, said=before.said)
    after = follow(row, standing, bytes(before.terms), restored)
    if signed.lapsed is not None:
        after = _offered(after, standing, signed.lapsed)
    _put(tx, standing, row, after)


def _surely_known(row: AgreementRow) -> str:
    """The version that a narrowing of ours follows: the one in force or, if nobody signed that one as such, the
    counterpart's word that it was last made of."""
    signed = signed_of(row)
    return row.version if signed.by else signed.line[-1].id


def _place(line: Sequence[Version], version: str) -> int | None:
    return next((place for place, one in enumerate(line) if one.id == version), None)


def _known(signed: Signed, place: int) -> Signed:
    """The same once the counterpart is known to know the version at this place of the line, or just behind it."""
    line = tuple(
        msgspec.structs.replace(one, taken_up=0) if number <= place else one for number, one in enumerate(signed.line)
    )
    if place < len(line):
        return msgspec.structs.replace(signed, line=line)
    return msgspec.structs.replace(signed, line=line, taken_up=0, lapsed=None)


def _taken_back(tx: Transaction, standing: Standing, peer: Peer, row: AgreementRow, ours: Offer) -> AgreementRow:
    """Tell that an offer of ours is withdrawn; the row without it."""
    said = tell(tx, standing, peer, message.Decline(row.id, ours.version))
    signed = signed_of(row)
    unheard = {version: one for version, one in signed.withdrawn.items() if not has_heard(tx, standing, peer, one)}
    withdrawn = unheard | {ours.version: said}
    return _with_signed(_without(row, standing, ours), msgspec.structs.replace(signed, withdrawn=withdrawn))


def _check_taken_back(tx: Transaction, standing: Standing, peer: Peer, row: AgreementRow, version: str) -> None:
    said = signed_of(row).withdrawn.get(version)
    if said is not None and not has_heard(tx, standing, peer, said):
        raise WrongState(
            f"the same amendment of {row.id[:12]} was withdrawn and the counterpart has not confirmed that: sync "
            "until it has, then offer it again"
        )


def _check_unanswered(row: AgreementRow, document: bytes, change: Change) -> None:
    """Offering something wider waits until the counterpart's own offer is answered; narrowing never waits."""
    offer, theirs = offer_of(row), offers_of(row).get(False)
    if offer is not None and offer.ours and offer.version == terms_id(document):
        raise WrongState(f"the same amendment of {row.id[:12]} waits for the counterpart's signature already")
    if offer is None or theirs is None or not change.widened:
        return
    if not offer.ours:
        raise WrongState(f"an amendment of {row.id[:12]} waits for our answer: accept or decline it first")
    if theirs.version == terms_id(document):
        raise WrongState(f"the counterpart offers the same for {row.id[:12]}: decline (withdraw) ours, then accept")


def _put(tx: Transaction, standing: Standing, before: AgreementRow, after: AgreementRow) -> None:
    """Keep the row; what was sealed under another version and has not left yet does not leave."""
    tx.agreements.put(after)
    if after.version != before.version:
        enter_agreement(tx, standing.us, after, after.version)
        take_back(tx, after.id, after.party)


def _offered(row: AgreementRow, standing: Standing, offer: Offer) -> AgreementRow:
    """The row with an amendment waiting, in the place of the one before of the same party."""
    return with_offers(row, (offers_of(row) | {offer.ours: offer}).values(), standing.now)


def _without(row: AgreementRow, standing: Standing, offer: Offer) -> AgreementRow:
    return with_offers(row, (one for one in offers_of(row).values() if one.ours is not offer.ours), standing.now)


def _with_signed(row: AgreementRow, signed: Signed) -> AgreementRow:
    return msgspec.structs.replace(row, signatures=msgspec.json.encode(signed))


def _line(row: AgreementRow) -> tuple[Version, ...]:
    """The versions that the counterpart may still follow once the one in force is replaced by us."""
    signed = signed_of(row)
    return (*signed.line, Version(msgspec.Raw(row.terms), signed.by, signed.taken_up, signed.said))


def _still_followed(
    tx: Transaction, standing: Standing, peer: Peer, line: tuple[Version, ...]
) -> tuple[Version, ...]:
    """The line without what stands before a narrowing of ours that the counterpart gave a receipt for: all that it
    said before the receipt is here."""
    heard = (place for place, one in enumerate(line) if one.said and has_heard(tx, standing, peer, one.said))
    return line[max(heard, default=0) :]
