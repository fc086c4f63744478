"""Counterparts: enrol a card, find a party by name or key, compare fingerprint words."""

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import msgspec

from backchannel.carriers import address
from backchannel.core.identity import KeyCard, fingerprint_words, same_words
from backchannel.core.lookalike import look_alike
from backchannel.errors import (
    Ambiguous,
    BadArgument,
    BadCard,
    IsGuest,
    NotFound,
    UnreadableFile,
    WordsDiffer,
)
from backchannel.flow.ledger import enter_card
from backchannel.flow.parties import Guest, Peer
from backchannel.flow.ports import AgreementRow, Party, Transaction
from backchannel.node.node import Node
from backchannel.protocol.card import MAX_CARD, read_card

_LIKE_A_KEY = re.compile(r"[0-9a-f]{8,}")


def read_card_file(path: Path) -> tuple[bytes, KeyCard]:
    """A card file's bytes and the verified card in it.

    Raises:
        UnreadableFile: no such file, or not a file.
        BadCard: not a card, or not one to be trusted.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_CARD + 1)
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}") from None
    return data, read_card(data)


def add(node: Node, path: Path, carrier: str) -> Party:
    """Enrol a counterpart, or change the card or the carrier of one that is enrolled already.

    Raises:
        BadArgument: it is our own card, or a guest has its name.
        BadCard: not to be trusted, older than the one held, or of a name that could be taken for another.
    """
    data, card = read_card_file(path)
    if card.key == node.us.key:
        raise BadArgument(f"{path} is our own card; enrol the counterpart's")
    where = address.parse(carrier, base=Path.cwd())
    with node.db.write() as tx:
        known = {party.key: party for party in tx.agreements.parties()}
        _check_card_name(card, known.values())
        _refuse_older(card, known.get(card.key))
        party = Party(
            key=card.key,
            name=card.name,
            card=data,
            carrier=str(where),
            verified=card.key in known and known[card.key].verified,
            added_at=_added(known.get(card.key), node.clock()),
        )
        tx.agreements.put_party(party)
        if card.key not in known or known[card.key].card != data:
            enter_card(tx, node.us.random, card.key, data)
    return party


def _added(known: Party | None, now: datetime) -> datetime:
    return known.added_at if known else now


def _refuse_older(card: KeyCard, known: Party | None) -> None:
    """An older card names a sealing key that its owner destroys, and perhaps a certificate that was replaced."""
    held = peer_of(known).card.sealing.epoch if known else 0
    if card.sealing.epoch < held:
        raise BadCard(
            f"this card of {card.name!r} has the sealing key {card.sealing.epoch}, the one enrolled has {held}: "
            "it is an older card; ask for the latest"
        )


def _check_card_name(card: KeyCard, known: Iterable[Party]) -> None:
    if like_a_key(card.name):
        raise BadCard(f"the name {card.name!r} could be taken for a key; ask for a card with a proper name")
    twin = namesake(card.name, card.key, known)
    if twin is None:
        return
    same = as_namesake(twin, card.name)
    if twin.is_guest:
        raise BadArgument(
            f"a guest {same} is enrolled already. If that guest has got a node now, call the guest something else "
            "first, with `backchannel party rename-guest`; its agreements and what it sent stay with the guest"
        )
    raise BadCard(
        f"another counterpart {same} is enrolled already, with the words "
        f"{' '.join(fingerprint_words(twin.key))}; compare the words by voice before you trust either"
    )


def namesake(name: str, key: str, known: Iterable[Party]) -> Party | None:
    """A counterpart that could be taken for another one, of this name and key, by people and in `--to NAME`."""
    return next((party for party in known if party.key != key and look_alike(party.name, name)), None)


def as_namesake(party: Party, name: str) -> str:
    """What a namesake has in common with a name, to be said behind `another counterpart`."""
    return f"with the name {name!r}" if party.name == name else f"whose name looks like {name!r}, {party.name!r},"


def like_a_key(name: str) -> bool:
    """Whether a name looks like the beginning of a key, which commands take in its place."""
    return _LIKE_A_KEY.fullmatch(name.casefold()) is not None


def all_parties(node: Node) -> list[Party]:
    """All enrolled counterparts."""
    with node.db.read() as tx:
        return tx.agreements.parties()


def all_peers(node: Node) -> list[Peer]:
    """All enrolled counterparts that have a node: those that envelopes are exchanged with."""
    return [peer_of(party) for party in all_parties(node) if not party.is_guest]


def party_names(tx: Transaction) -> dict[str, str]:
    """The names of all counterparts by their keys."""
    return {party.key: party.name for party in tx.agreements.parties()}


def find_party(tx: Transaction, name: str) -> Party:
    """The party of that name (case does not matter), or whose key begins so.

    Raises:
        NotFound, Ambiguous: none, or several.
    """
    parties = tx.agreements.parties()
    # The whole key first: no name that somebody chose can stand in for it.
    found = (
        [p for p in parties if p.key == name]
        or [p for p in parties if p.name.casefold() == name.casefold()]
        or [p for p in parties if name and p.key.startswith(name.lower())]
    )
    if not found:
        raise NotFound(f"no enrolled party has the name or key {name!r}")
    if len(found) > 1:
        raise Ambiguous(f"{name!r} is the beginning of several keys: {', '.join(p.key[:16] for p in found)}")
    return found[0]


def peer_of(party: Party, refusal: str = "nothing can be sent to it") -> Peer:
    """An enrolled counterpart with its card.

    Raises:
        IsGuest: it has none; `refusal` says what can therefore not be done.
    """
    if party.is_guest:
        raise IsGuest(f"{party.name} is a guest, a counterpart without a node: {refusal}")
    return Peer(party, read_card(party.card))


def counterpart_of(party: Party) -> Guest | Peer:
    """An enrolled counterpart, whether it has a node or not."""
    return Guest(party) if party.is_guest else peer_of(party)


def party_of(tx: Transaction, row: AgreementRow) -> Guest | Peer:
    """The counterpart of an agreement."""
    return counterpart_of(find_party(tx, row.party))


def verify(node: Node, name: str, words: str) -> Party:
    """Mark a party as verified if the words are those of its key.

    Raises:
        IsGuest: there are no words, and nobody who could prove by them who it is.
        WordsDiffer: they are not; the party loses the mark if it had it.
    """
    with node.db.write() as tx:
        party = peer_of(find_party(tx, name), "it has no key card, and so no words to compare").party
        expected = fingerprint_words(party.key)
        given = len(words.split())
        if given < len(expected):
            # Too few words are a slip of the hand; only words that differ speak against the card.
            raise BadArgument(f"give all {len(expected)} words that the counterpart reads out; here are {given}")
        matches = same_words(words, expected)
        party = msgspec.structs.replace(party, verified=matches)
        tx.agreements.put_party(party)
    if not matches:
        raise WordsDiffer(f"these are not the words of {party.name}'s card as enrolled here")
    return party
