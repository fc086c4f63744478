"""Files that prove something to a stranger, with nothing else at hand: a proof that an entry stands in a ledger, and
an accusation. Each holds the key card of whom it is about.

A card signs itself; whom it belongs to is for people to compare, by its words. So a check answers with the cards, and
whoever asks must look at them.
"""

from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
import rfc8785

from backchannel.core.identity import KeyCard
from backchannel.errors import BadCard, BadProof
from backchannel.protocol.accusations import MAX_ACCUSATION, Accusation, check_accusation
from backchannel.protocol.card import MAX_CARD, read_card
from backchannel.protocol.ledger import Entry
from backchannel.protocol.ledger_keys import log_keys, origin, witness_keys
from backchannel.protocol.proofs import MAX_EXTRA, Proven, check_entry, opening_of, parse_proof

MOST_CARDS = MAX_EXTRA // (2 * MAX_CARD) + 7
"""Cards that one proof file may hold."""


class Evidence(NamedTuple):
    """What a proof file proves: an entry, where it stands, in whose ledger, and who cosigned that state when."""

    entry: Entry
    proven: Proven
    owner: KeyCard
    witnesses: tuple[tuple[KeyCard, datetime], ...]


class _Accused(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    accusation: str
    card: str


def check_evidence(data: bytes) -> Evidence:
    """Check a proof file by the cards in it: the first is that of the ledger's owner, the others are witnesses'.

    Raises:
        BadProof, BadNote: the file proves nothing.
    """
    cards = opening_of(parse_proof(data)).cards
    if not 1 <= len(cards) <= MOST_CARDS:
        raise BadProof("the proof file does not hold the key card of whom it is about")
    owner, *others = (_card(card) for card in cards)
    known = [key for card in others for key in witness_keys(card)]
    entry, proven = check_entry(data, origin(owner.key), log_keys(owner), known)
    return Evidence(entry, proven, owner, tuple(_cosigners(proven, others)))


def _cosigners(proven: Proven, cards: list[KeyCard]) -> list[tuple[KeyCard, datetime]]:
    """The witnesses all of whose keys have signed, each with the earlier of the times that they state."""
    found = []
    for card in cards:
        times = {signed.key: signed.time or 0 for signed in proven.cosigned}
        mine = [times.get(key) for key in witness_keys(card)]
        stated = [time for time in mine if time is not None]
        if len(stated) == len(mine):
            found.append((card, datetime.fromtimestamp(min(stated), UTC)))
    return found


def write_accusation(document: bytes, card: bytes) -> bytes:
    """The file that accuses the owner of a card."""
    return rfc8785.dumps(msgspec.to_builtins(_Accused(document.decode(), card.decode())))


def check_accusation_file(data: bytes) -> tuple[KeyCard, Accusation]:
    """Whom a file of `write_accusation` accuses, and of what.

    Raises:
        BadProof, BadNote: it accuses nobody.
    """
    if len(data) > 2 * (MAX_ACCUSATION + MAX_CARD):
        raise BadProof("too long for an accusation")
    try:
        read = msgspec.json.decode(data, type=_Accused)
        canonical = rfc8785.dumps(msgspec.to_builtins(read))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, rfc8785.CanonicalizationError):
        raise BadProof("not an accusation") from None
    if canonical != data.strip(b" \t\r\n"):
        raise BadProof("the accusation is not in canonical form (RFC 8785)")
    card = _card(read.card)
    return card, check_accusation(read.accusation.encode(), log_keys(card))


def _card(text: str) -> KeyCard:
    """A card that lies in a file of evidence; one that is none makes the file worthless.

    Raises:
        BadProof: it is none.
    """
    try:
        return read_card(text.encode())
    except (BadCard, UnicodeEncodeError) as error:
        raise BadProof(f"a key card in the file is none: {error}") from None
