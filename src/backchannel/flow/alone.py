"""An agreement with a guest, which has no node: what our signature alone puts in force, changes and ends.

Nothing is told to anybody and no channel exists. The signature proves to ourselves, and to whoever audits us, which
terms we kept to; that the guest consents is proved by nothing here.
"""

import msgspec

from backchannel.core.agreement import Change, Event, State, advance
from backchannel.core.stix import format_timestamp
from backchannel.core.terms import Terms, canonical
from backchannel.flow.amend import change_to
from backchannel.flow.ending import closed
from backchannel.flow.ledger import ending_hash, enter_agreement
from backchannel.flow.parties import Guest, Standing
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.record import Signed, draft, follow, state_now
from backchannel.protocol.signing import sign_terms


def put_in_force(tx: Transaction, standing: Standing, guest: Guest, terms: Terms) -> AgreementRow:
    """Sign terms with a guest: they are in force from now on.

    Raises:
        WrongState: the very same terms were signed before.
    """
    row = draft(tx, standing, guest, terms)
    state = advance(State.DRAFT, Event.SIGN_ALONE)
    row = msgspec.structs.replace(row, state=state, signatures=msgspec.json.encode(_signed(standing, row.terms)))
    tx.agreements.put(row)
    enter_agreement(tx, standing.us, row, row.version)
    return row


def amend(tx: Transaction, standing: Standing, row: AgreementRow, terms: Terms) -> tuple[AgreementRow, Change]:
    """Sign the next version of the terms: it is in force from now on, also where it widens.

    Raises:
        WrongState: the agreement is not in force.
        BadTerms: the terms say what those in force say.
    """
    change = change_to(row, standing, terms)
    document = canonical(terms)
    row = follow(row, standing, document, _signed(standing, document))
    tx.agreements.put(row)
    enter_agreement(tx, standing.us, row, row.version)
    return row, change


def end(tx: Transaction, standing: Standing, row: AgreementRow) -> AgreementRow:
    """End an agreement in force: nothing is read or posted under it any more.

    Raises:
        WrongState: it is not in force.
    """
    row = closed(tx, standing, row, advance(state_now(row, standing.now), Event.END))
    enter_agreement(tx, standing.us, row, ending_hash(row.id, format_timestamp(standing.now)))
    return row


def _signed(standing: Standing, document: bytes) -> Signed:
    return Signed({standing.us.key: sign_terms(standing.us.private, document)})
