"""The node's secrets on disk: private keys and the secret that names reduced copies, in one file of mode 0600.

Rules: written once, whole or not at all, and never overwritten. Whoever can read the file is the node; protect the
folder as you would protect a private key (`docs/explanation/threat-model.md`, "the disk").
"""

import os
from pathlib import Path

import msgspec

from backchannel.errors import NodeExists, NoNode, StoreBroken, UnusablePath
from backchannel.protocol.keys import PrivateKeys, Randomness, private_from_bytes, private_to_bytes

FILE = "keyring.json"
SECRET_BYTES = 32


class KeyRing(msgspec.Struct, frozen=True):
    """Private keys, and the secret from which ids of reduced copies are derived."""

    private: PrivateKeys
    secret: bytes

    def __repr__(self) -> str:
        return "KeyRing(…)"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    private: msgspec.Raw
    secret: bytes


def create_keyring(home: Path, random: Randomness) -> KeyRing:
    """Make a key ring and write it.

    Raises:
        NodeExists: there is one already.
    """
    ring = KeyRing(PrivateKeys.generate(random), random(SECRET_BYTES))
    data = msgspec.json.encode(_File(msgspec.Raw(private_to_bytes(ring.private)), ring.secret))
    try:
        descriptor = os.open(home / FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise NodeExists(f"{home} holds a node already") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return ring


def open_keyring(home: Path) -> KeyRing:
    """The key ring of the node in `home`.

    Raises:
        NoNode: there is none.
        UnusablePath: its file cannot be read.
        StoreBroken: the file is damaged.
    """
    try:
        data = (home / FILE).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise NoNode(f"there is no node in {home}") from None
    except OSError as error:
        raise UnusablePath(f"{home / FILE} cannot be read: {error.strerror}") from None
    try:
        file = msgspec.json.decode(data, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # The parser's message is left out: it could quote a key.
        raise StoreBroken(f"{home / FILE} is damaged") from None
    return KeyRing(private_from_bytes(bytes(file.private)), file.secret)
