"""What is entered in the ledger, when, and by whom: every step that matters, in the transaction that makes it.

Nothing that is said under an agreement off the record is entered, not even that it was said. What a hash in an entry
stands for is kept where it lies anyhow (terms, cards, arrivals); of a release, the list of what left is kept beside
the ledger (`Ledger.keep_record`).
"""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

import rfc8785

from backchannel.core.stix import format_timestamp
from backchannel.flow.parties import Standing, Us
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.record import is_on_record
from backchannel.protocol.keys import Randomness
from backchannel.protocol.ledger import SALT, Kind, make_entry


class Left(NamedTuple):
    """One object of a release: our id of it, the id and version it left under, the SHA-256 of its bytes, the level it
    is handled at, and what was decided: `release` or `reduce`."""

    source_id: str
    sent_id: str
    version: str
    sha256: str
    tlp: str
    outcome: str


def enter(tx: Transaction, us: Us, kind: Kind, **hashes: bytes | str) -> int:
    """Enter what was done; the index of the entry. The hashes go by the names of `protocol.ledger.HASHES`."""
    return tx.ledger.append([make_entry(kind, us.random(SALT), **hashes)])


def enter_agreement(tx: Transaction, us: Us, row: AgreementRow, statement: bytes | str) -> None:
    """Enter a step of an agreement's life: the id of a version that is in force now, or the hash of its ending."""
    if is_on_record(row):
        enter(tx, us, Kind.AGREEMENT, agreement=row.id, version=statement)


def enter_consent(tx: Transaction, us: Us, row: AgreementRow, consent: str) -> None:
    """Enter a consent that was given or got under an agreement: SHA-256 of its statement, which is its id."""
    if is_on_record(row):
        enter(tx, us, Kind.CONSENT, agreement=row.id, consent=consent)


def enter_card(tx: Transaction, random: Randomness, party: str, card: bytes) -> None:
    """Enter a key card, ours or a counterpart's, as it is from now on."""
    tx.ledger.append([make_entry(Kind.CARD, random(SALT), party=party, card=hashlib.sha256(card).digest())])


def enter_recall(tx: Transaction, us: Us, row: AgreementRow, statement: bytes) -> None:
    """Enter a recall, ours or a counterpart's, or that it is lifted: the statement that is signed of it."""
    if is_on_record(row):
        enter(tx, us, Kind.RECALL, agreement=row.id, recall=hashlib.sha256(statement).digest())


def ending_hash(agreement: str, at: str) -> bytes:
    """What stands for the end of an agreement: SHA-256 of what `protocol.signing.sign_ending` signs."""
    return hashlib.sha256(f"{agreement} {at}".encode()).digest()


def enter_release(
    tx: Transaction, standing: Standing, row: AgreementRow, sequence: int, left: Iterable[Left], withheld: int
) -> None:
    """Enter what was decided to leave in one envelope, and keep the list of it.

    The list is canonical JSON: agreement, version of the terms, time, number of the envelope, the objects (`Left`, in
    their order), and how many in scope stayed.
    """
    if not is_on_record(row):
        return
    record = rfc8785.dumps(
        {
            "agreement": row.id,
            "version": row.version,
            "at": format_timestamp(standing.now),
            "sequence": sequence,
            "objects": [list(one) for one in left],
            "withheld": withheld,
        }
    )
    digest = hashlib.sha256(record).digest()
    tx.ledger.keep_record(digest, record)
    enter(tx, standing.us, Kind.RELEASE, version=row.version, decisions=digest)
