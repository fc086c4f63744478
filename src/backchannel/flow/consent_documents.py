"""Consents as kept, whom they are asked of, and what of a request may be named."""

from collections.abc import Collection, Iterable

import msgspec

from backchannel.core.agreement import State, in_force
from backchannel.core.terms import Terms
from backchannel.errors import NotAgreed
from backchannel.flow.parties import Peer, Standing
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.record import find, terms_of
from backchannel.protocol.card import read_card
from backchannel.protocol.consent import Consent


def put_consents(tx: Transaction, consents: Iterable[Consent]) -> None:
    """Keep consents as they came."""
    documents = {one.id: msgspec.json.encode(one) for one in consents}
    if documents:
        tx.consents.put(documents)


def consents_of(tx: Transaction, identifiers: Collection[str]) -> dict[str, Consent]:
    """The consents of these ids that are kept."""
    found = tx.consents.get(identifiers) if identifiers else {}
    return {one: msgspec.json.decode(document, type=Consent) for one, document in found.items()}


def under(tx: Transaction, agreement: str, standing: Standing) -> tuple[AgreementRow, Terms]:
    """An agreement that is in force now, and its terms.

    Raises:
        NotAgreed: it is not in force, or does not exist.
    """
    row = find(tx, agreement)
    if row is None:
        raise NotAgreed(f"there is no agreement {agreement[:12]}")
    terms = terms_of(row)
    if not in_force(State(row.state), terms, standing.now):
        raise NotAgreed(f"agreement {agreement[:12]} is not in force: nothing can be asked under it")
    return row, terms


def peer_named(tx: Transaction, key: str) -> Peer | None:
    """The counterpart of that key, if it is one that can be written to."""
    party = next((one for one in tx.agreements.parties() if one.key == key), None)
    return None if party is None or party.is_guest else Peer(party, read_card(party.card))


def on_record(terms: Terms) -> bool:
    """Whether what is said under these terms is signed."""
    return terms.record.mode == "on"
