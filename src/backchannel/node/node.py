"""A node, open: its folder, settings, keys, card and store, wired together."""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

from backchannel.core.identity import KeyCard, fingerprint_words
from backchannel.core.mention import term_key
from backchannel.errors import StoreBroken, UnusablePath
from backchannel.flow.parties import Standing, Us
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.threats import Synonyms
from backchannel.flow.vet import Services
from backchannel.node.faults import fault_hook
from backchannel.node.keyring import KeyRing, open_keyring
from backchannel.node.prefix import the_one
from backchannel.node.settings import Settings, load
from backchannel.node.wiring import synonyms, vetting_services
from backchannel.protocol.card import read_card
from backchannel.store.database import Database

CARD_FILE = "card.json"
DATABASE_FILE = "backchannel.db"
MAILBOXES = "mailboxes"


def utc_now() -> datetime:
    """The clock of a running node."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Node:
    """One party's node. Close it after use. `services` makes what vetting needs when first asked for."""

    home: Path
    settings: Settings
    us: Us
    card_bytes: bytes
    db: Database
    synonyms: Synonyms
    services: Callable[[], Services]
    clock: Callable[[], datetime] = utc_now

    @property
    def words(self) -> tuple[str, ...]:
        """The fingerprint words of our own card."""
        return fingerprint_words(self.us.key)

    def standing(self) -> Standing:
        """What holds for every decision taken now."""
        designated = frozenset(filter(None, map(term_key, self.settings.designations)))
        tags = self.settings.origin_tags
        return Standing(self.us, self.clock(), self.synonyms, designated, origin_tags=tags)

    def agreement(self, tx: Transaction, prefix: str) -> AgreementRow:
        """The one agreement whose id begins with `prefix`.

        Raises:
            NotFound, Ambiguous: none, or several.
        """
        rows = {row.id: row for row in tx.agreements.all()}
        return rows[the_one(prefix.lower(), rows, "agreement")]

    def with_settings(self, settings: Settings) -> "Node":
        """The same node, going by other settings."""
        return replace(
            self,
            settings=settings,
            synonyms=synonyms(settings),
            services=cache(partial(vetting_services, settings)),
        )

    def close(self) -> None:
        """Let go of the store."""
        self.db.close()


def open_node(home: Path, environment: Mapping[str, str] = os.environ) -> Node:
    """Open the node in `home`, with its settings as its file and `environment` give them.

    Raises:
        NoNode: there is none.
        UnusablePath: its keys or its card cannot be read.
        BadSettings, StoreTooNew, StoreBroken: it cannot be used as it is.
    """
    open_keyring(home)
    settings = load(home, environment)
    _card_file(home)
    db = Database.open(home / DATABASE_FILE, create=False)
    try:
        ring, card_bytes, card = own_keys(home, db)
    except BaseException:
        db.close()
        raise
    us = Us(ring.private, card, ring.secret, secrets.token_bytes, fault_hook())
    return Node(home, settings, us, card_bytes, db, synonyms(settings), cache(partial(vetting_services, settings)))


def own_keys(home: Path, db: Database) -> tuple[KeyRing, bytes, KeyCard]:
    """The keys and the card that hold: the store says which. Until the first change that is the card file.

    Raises:
        UnusablePath, StoreBroken: they cannot be read, or are not of one time.
    """
    ring = open_keyring(home)
    with db.read() as tx:
        own = tx.cards.own()
    card_bytes = _card_file(home) if own is None else own.card
    card = read_card(card_bytes)
    ring = ring.holding(own.generation if own else 0)
    if card.sealing.epoch not in {seed.epoch for seed in ring.private.sealing}:
        raise StoreBroken(f"the key ring has no key for our card of epoch {card.sealing.epoch}: it is an older copy")
    return ring, card_bytes, card


def _card_file(home: Path) -> bytes:
    try:
        return (home / CARD_FILE).read_bytes()
    except OSError as error:
        raise UnusablePath(f"{home / CARD_FILE} cannot be read: {error.strerror}") from None
