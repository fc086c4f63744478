"""Successions: a party takes up new long-term keys, and stays the party of its first ones.

A succession is a statement, canonical JSON (RFC 8785), that names the party, counts from 1, and names the keys before
by their hash and the new ones in full. The keys before sign it (domain `succession`), and so do the new ones (domain
`succession-possession`): nobody can take up keys that are not theirs. A card carries the first public keys and every
succession since.

`verify_chain` checks, in this order:
 1. that there are not too many, and first keys if and only if there are any;
 2. the first keys; then of each succession, in order:
 3. party, number, hash of the keys before, and the time;
 4. the new keys, none of which may be one of those before;
 5. the signatures of the keys before, and those of the new ones;
 6. that the last ones are the card's.
Not checked: that whoever signed was the owner of the keys, and not who stole them. People check that, by voice.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import msgspec
import rfc8785

from backchannel.core.identity import KeyCard, PublicKeys, party_key
from backchannel.core.stix import format_timestamp, timestamp
from backchannel.errors import BadCard, BadSignature, StaleCard, SuccessionFork
from backchannel.protocol.crypto import Signatures, check_public_keys, own_party_key, public_keys, sign, verify
from backchannel.protocol.keys import PrivateKeys
from backchannel.protocol.versions import CURRENT

_OLD = "succession"
_NEW = "succession-possession"


class Succession(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of `party` whose hash is `old` were replaced by `keys` (a STIX timestamp, `at`), for the `number`th
    time."""

    party: str
    number: int
    old: str
    keys: PublicKeys
    at: str


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A succession, signed by the keys before it and by its own."""

    succession: Succession
    by_old: Signatures
    by_new: Signatures


class History(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys a party began with, and every succession since."""

    first: PublicKeys
    links: tuple[Link, ...]


def succeed(private: PrivateKeys, following: PrivateKeys, history: History | None, now: datetime) -> History:
    """The history after `following` took the place of `private`.

    Raises:
        ValueError: the party replaced its keys as often as a card can tell.
    """
    before = public_keys(private)
    history = history or History(before, ())
    if len(history.links) >= CURRENT.max_successions:
        raise ValueError(f"keys were replaced {len(history.links)} times; a card has room for no more")
    statement = Succession(
        party=own_party_key(private),
        number=len(history.links) + 1,
        old=party_key(before),
        keys=public_keys(following),
        at=format_timestamp(now),
    )
    text = _canonical(statement)
    link = Link(statement, by_old=sign(private, _OLD, text), by_new=sign(following, _NEW, text))
    return History(history.first, (*history.links, link))


def verify_chain(first: PublicKeys | None, links: tuple[Link, ...], current: PublicKeys) -> tuple[PublicKeys, ...]:
    """The keys that a party had before the `current` ones, the first ones first.

    Raises:
        BadCard: one of the checks of the module's list failed.
    """
    if len(links) > CURRENT.max_successions:
        raise BadCard(f"{len(links)} successions; a card has at most {CURRENT.max_successions}")
    if (first is None) != (not links):
        raise BadCard("a card has first keys if and only if there were successions")
    if first is None:
        return ()
    check_public_keys(first)
    chain = [first]
    for number, link in enumerate(links, 1):
        _check_statement(link.succession, party_key(first), number, chain[-1])
        _check_signatures(link, chain[-1])
        chain.append(link.succession.keys)
    if chain.pop() != current:
        raise BadCard("the last succession is to other keys than the card's")
    return tuple(chain)


def check_follows(held: KeyCard, offered: KeyCard, *, same: bool) -> None:
    """May a card take the place of the one that is held of the same party? `same`: they are the same bytes.

    Raises:
        SuccessionFork: it tells of other keys in the place of those that the party is known to have had.
        StaleCard: it is older, or another card of the same epoch.
    """
    known, told = (*held.former, held.keys), (*offered.former, offered.keys)
    for number, (one, other) in enumerate(zip(known, told, strict=False)):
        if one != other:
            raise SuccessionFork(
                f"the keys number {number} of {held.name!r} are {party_key(one)[:16]}… on the card that is held, and "
                f"{party_key(other)[:16]}… on this one; the keys before signed both"
            )
    epoch, newest = offered.sealing.epoch, held.sealing.epoch
    if len(told) < len(known) or epoch < newest:
        raise StaleCard(
            f"this card of {offered.name!r} has the sealing key {epoch}, the one enrolled has {newest}: "
            "it is an older card; ask for the latest"
        )
    if epoch == newest and not same:
        raise StaleCard(
            f"another card of {offered.name!r} with the sealing key {epoch} is enrolled; a new one counts on"
        )


def by_any_keys(card: KeyCard, verify_with: Callable[[PublicKeys], None]) -> None:
    """Verify what a party signed by itself, at whatever time: with the keys that it has, or else with those it had.

    Only for what comes in an envelope of today's keys, or is known to be old: a thief of the old ones can sign too.

    Raises:
        BadSignature: none of its keys signed it.
    """
    for keys in (card.keys, *reversed(card.former)):
        with suppress(BadSignature):
            verify_with(keys)
            return
    verify_with(card.keys)


def _check_statement(statement: Succession, party: str, number: int, before: PublicKeys) -> None:
    if statement.party != party:
        raise BadCard(
            f"a succession is that of party {statement.party[:16]}…, but the first keys are those of {party[:16]}…"
        )
    if statement.number != number or statement.old != party_key(before):
        raise BadCard(f"the succession in place {number} does not follow the keys before it")
    try:
        fits = format_timestamp(timestamp(statement.at).astimezone(UTC)) == statement.at
    except ValueError:
        fits = False
    if not fits:
        raise BadCard(f"the time of a succession, {statement.at[:40]!r}, is not like 2026-11-22T20:31:00.000Z")
    check_public_keys(statement.keys)
    kept = [name for name in PublicKeys.__struct_fields__ if getattr(statement.keys, name) == getattr(before, name)]
    if kept:
        raise BadCard(f"the succession in place {number} keeps the old {kept[0]} key; it must replace all of them")


def _check_signatures(link: Link, before: PublicKeys) -> None:
    text = _canonical(link.succession)
    try:
        verify(before, _OLD, text, link.by_old)
        verify(link.succession.keys, _NEW, text, link.by_new)
    except BadSignature as error:
        raise BadCard(f"succession {link.succession.number}: {error}") from None


def _canonical(statement: Succession) -> bytes:
    return rfc8785.dumps(msgspec.to_builtins(statement))
