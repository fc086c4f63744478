"""`init`: a new node in an empty folder. What fails half-way leaves nothing behind that could be taken for a node."""

import secrets
from collections.abc import Sequence
from pathlib import Path

from backchannel.core.identity import check_name
from backchannel.errors import BadArgument, NodeExists
from backchannel.node import certificate as tls
from backchannel.node.keyring import FILE as KEYRING_FILE
from backchannel.node.keyring import create_keyring
from backchannel.node.node import CARD_FILE, CERTIFICATE_FILE, DATABASE_FILE, PRIVATE_KEY_FILE, Node, open_node, utc_now
from backchannel.protocol.card import make_card
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
        pair = tls.read_pair(certificate, private_key, now=now)
    else:
        pair = tls.make_pair(name, hosts=hosts, now=now)
    pair.write(home / CERTIFICATE_FILE, home / PRIVATE_KEY_FILE)
    ring = create_keyring(home, secrets.token_bytes)
    card = make_card(ring.private, name=name, endpoints=(), tls_pin=pair.pin, now=now)
    (home / CARD_FILE).write_bytes(card)
    Database.open(home / DATABASE_FILE, create=True).close()
    return open_node(home)
