"""A node, open: its folder, settings, keys, card and store, wired together."""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

from backchannel.core.identity import fingerprint_words
from backchannel.core.mention import term_key
from backchannel.errors import UnusablePath
from backchannel.flow.parties import Standing, Us
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.threats import Synonyms
from backchannel.flow.vet import Services
from backchannel.node.faults import fault_hook
from backchannel.node.keyring import open_keyring
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
        return Standing(us=self.us, now=self.clock(), synonyms=self.synonyms, designated=designated)

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
    ring = open_keyring(home)
    settings = load(home, environment)
    try:
        card_bytes = (home / CARD_FILE).read_bytes()
    except OSError as error:
        raise UnusablePath(f"{home / CARD_FILE} cannot be read: {error.strerror}") from None
    card = read_card(card_bytes)
    us = Us(ring.private, card, ring.secret, secrets.token_bytes, fault_hook())
    db = Database.open(home / DATABASE_FILE, create=False)
    return Node(home, settings, us, card_bytes, db, synonyms(settings), cache(partial(vetting_services, settings)))
