"""Counterparts: enrol a card, find a party by name or key, compare fingerprint words."""

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import msgspec

from backchannel.carriers import address
from backchannel.core.identity import KeyCard, fingerprint_words, party_key, same_words
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
from backchannel.flow import cards
from backchannel.flow.ledger import enter_card
from backchannel.flow.parties import Guest, Peer
from backchannel.flow.ports import AgreementRow, Party, Transaction
from backchannel.flow.ports_cards import Rekeyed
from backchannel.node.node import Node
from backchannel.protocol.card import MAX_CARD, read_card
from backchannel.protocol.handshake import party_channel
from backchannel.protocol.succession import check_follows

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
        BadCard: not to be trusted, or of a name that could be taken for another.
        StaleCard: older than the one held. SuccessionFork: it contradicts what is known of the party's keys.
    """
    data, card = read_card_file(path)
    if card.key == node.us.key:
        raise BadArgument(f"{path} is our own card; enrol the counterpart's")
    where = address.parse(carrier, base=Path.cwd())
    with node.db.write() as tx:
        known = {party.key: party for party in tx.agreements.parties()}
        _check_card_name(card, known.values())
        before = known.get(card.key)
        party = Party(
            key=card.key,
            name=card.name,
            card=data,
            carrier=str(where),
            verified=before is not None and before.verified,
            added_at=_added(before, node.clock()),
        )
        _enrol(tx, node, Peer(party, card), before)
    return party


def _enrol(tx: Transaction, node: Node, peer: Peer, before: Party | None) -> None:
    """Take over a card by hand: a new counterpart's, or the newer card of one that is known."""
    if before is None:
        tx.agreements.put_party(peer.party)
        enter_card(tx, node.us.random, peer.key, peer.party.card)
        if peer.card.former:
            generation = peer.card.generation
            tx.cards.put_rekeyed(Rekeyed(peer.key, generation, generation, compared=False, at=node.clock()))
    else:
        held = peer_of(before)
        check_follows(held.card, peer.card, same=peer.party.card.strip() == before.card.strip())
        cards.replace(tx, node.standing(), peer, before=held)
    own = tx.cards.own()
    if own is not None and tx.cards.told(peer.key) is None:
        # Which of our cards it was given by hand is not known here.
        cards.tell_of(tx, node.us, peer, own)


def _added(known: Party | None, now: datetime) -> datetime:
    return known.added_at if known else now


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


class Keys(msgspec.Struct, frozen=True):
    """What is known of a counterpart's keys: its newest card, when it took up other keys (if it did), whether the
    officer compared the words of those, and how many cards contradict them.

    `card_acknowledged` says whether it has our newest card; None if it was told of none.
    """

    card: KeyCard
    rekeyed: Rekeyed | None
    contested: int
    card_acknowledged: bool | None

    @property
    def to_compare(self) -> bool:
        """Whether the words of its present keys are to be compared again."""
        return self.rekeyed is not None and not self.rekeyed.compared


def keys_of(node: Node, party: Party) -> Keys:
    """What is known of a counterpart's keys.

    Raises:
        IsGuest: it has none.
    """
    peer = peer_of(party, "it has no keys")
    with node.db.read() as tx:
        told = tx.cards.told(party.key)
        acknowledged = tx.channels.state(party_channel(node.us.key, party.key), party.key).acknowledged
        has_ours = None if told is None else acknowledged >= told.sequence
        return Keys(peer.card, tx.cards.rekeyed(party.key), len(tx.cards.contested(party.key)), has_ours)


def verify(node: Node, name: str, words: str) -> Party:
    """Mark a party as verified if the words are those of its key; of the keys it has now, if it replaced them.

    Raises:
        IsGuest: there are no words, and nobody who could prove by them who it is.
        BadArgument: words are missing, or they are those of keys that it had before.
        WordsDiffer: they are not; the party loses the mark if it had it.
    """
    with node.db.write() as tx:
        peer = peer_of(find_party(tx, name), "it has no key card, and so no words to compare")
        party, expected = peer.party, peer.card.current_words
        given = len(words.split())
        if given < len(expected):
            # Too few words are a slip of the hand; only words that differ speak against the card.
            raise BadArgument(f"give all {len(expected)} words that the counterpart reads out; here are {given}")
        if any(same_words(words, fingerprint_words(party_key(keys))) for keys in peer.card.former):
            raise BadArgument(
                f"these are the words of keys that {party.name} replaced; compare those of its keys now, which "
                "`card show` prints there as `now`"
            )
        matches = same_words(words, expected)
        rekeyed = tx.cards.rekeyed(party.key)
        if rekeyed is not None:
            tx.cards.put_rekeyed(msgspec.structs.replace(rekeyed, compared=matches))
        party = msgspec.structs.replace(party, verified=matches)
        tx.agreements.put_party(party)
    if not matches:
        raise WordsDiffer(f"these are not the words of {party.name}'s card as enrolled here")
    return party
