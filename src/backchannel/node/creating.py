"""`init`: a new node in an empty folder. What fails half-way leaves nothing behind that could be taken for a node."""

import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

from backchannel.core.identity import check_name, party_key
from backchannel.errors import BadArgument, NodeExists
from backchannel.flow.ledger import enter_card
from backchannel.node import certificate as tls
from backchannel.node.keyring import FILE as KEYRING_FILE
from backchannel.node.keyring import create_keyring
from backchannel.node.node import CARD_FILE, DATABASE_FILE, Node, open_node, utc_now
from backchannel.protocol.card import make_card
from backchannel.protocol.crypto import public_keys
from backchannel.store.database import Database


def create_node(
    home: Path,
    name: str,
    *,
    certificate: Path | None = None,
    private_key: Path | None = None,
    hosts: Sequence[str] = (),
) -> Node:
    """Make the keys, the certificate, the card and the store of a new node, and open it.

    Raises:
        BadArgument: the name cannot be shown, or only one of certificate and key is given.
        NodeExists: the folder holds a node already.
    """
    try:
        check_name(name)
    except ValueError as error:
        raise BadArgument(f"--name: {error}") from None
    if (certificate is None) != (private_key is None):
        raise BadArgument("give both --certificate and --private-key, or neither")
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (home / KEYRING_FILE).exists():
        raise NodeExists(f"{home} holds a node already")
    now = utc_now()
    if certificate is not None and private_key is not None:
        pair = tls.load(certificate, private_key, now=now)
        shutil.copyfile(pair.certificate, home / tls.CERTIFICATE_FILE)
        _copy_private(pair.key, home / tls.KEY_FILE)
    else:
        pair = tls.create(home, hosts=hosts, now=now)
    ring = create_keyring(home, secrets.token_bytes, now)
    card = make_card(ring.private, name=name, endpoints=(), tls_pin=pair.pin, now=now)
    (home / CARD_FILE).write_bytes(card)
    with Database.open(home / DATABASE_FILE, create=True) as db, db.write() as tx:
        key = party_key(public_keys(ring.private))
        tx.agreements.put_own(key, name)
        enter_card(tx, secrets.token_bytes, key, card)
    return open_node(home)


def _copy_private(source: Path, target: Path) -> None:
    """A copy that only its owner can read, from the first byte on."""
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(source.read_bytes())
