"""The node's secrets on disk: private keys and the secret that names reduced copies, in one file of mode 0600.

Rules: the file is always whole. It is replaced at once, by a new file that is on the disk before it takes the name;
the bytes of the old one are overwritten then, as far as the file system lets one: it may keep copies (journals,
snapshots, the spare blocks of an SSD), and so do backups. Whoever can read the file is the node; protect the folder
as you would protect a private key (`docs/explanation/threat-model.md`, "the disk").

New long-term keys are `prepared` here first. They hold from the moment at which the store has a card with them; the
key ring is brought up to that afterwards (`holding`). Who is killed in between loses neither.
"""

import errno
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec

from backchannel.errors import DiskFull, NodeExists, NoNode, StoreBroken, UnusablePath
from backchannel.protocol.keys import PrivateKeys, Randomness, private_from_bytes, private_to_bytes
from backchannel.protocol.succession import History

FILE = "keyring.json"
SECRET_BYTES = 32

_NEW = FILE + ".new"


class Prepared(msgspec.Struct, frozen=True):
    """The next generation of long-term keys, and the history that leads to it."""

    private: PrivateKeys
    history: History

    def __repr__(self) -> str:
        return "Prepared(…)"


class KeyRing(msgspec.Struct, frozen=True):
    """Private keys, and the secret from which ids of reduced copies are derived.

    `history` is how the party came to its keys, if they are not its first; `prepared` are keys that may be next.
    """

    private: PrivateKeys
    secret: bytes
    history: History | None = None
    prepared: Prepared | None = None

    def __repr__(self) -> str:
        return "KeyRing(…)"

    def holding(self, generation: int) -> "KeyRing":
        """The key ring as it is if that generation of keys holds: what was prepared takes its place, or is no more.

        Raises:
            StoreBroken: it has no keys of that generation.
        """
        for private, history in self._known():
            if private.generation == generation:
                return KeyRing(private, self.secret, history)
        raise StoreBroken(
            f"the key ring has long-term keys number {self.private.generation}, and the store those of number "
            f"{generation}: one of the two is from an older copy"
        )

    def _known(self) -> list[tuple[PrivateKeys, History | None]]:
        known: list[tuple[PrivateKeys, History | None]] = [(self.private, self.history)]
        return known if self.prepared is None else [*known, (self.prepared.private, self.prepared.history)]


class _PreparedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    private: msgspec.Raw
    history: History


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    private: msgspec.Raw
    secret: bytes
    history: History | None = None
    prepared: _PreparedFile | None = None


def create_keyring(home: Path, random: Randomness, now: datetime | None = None) -> KeyRing:
    """Make a key ring and write it. `now` is when its keys count as made.

    Raises:
        NodeExists: there is one already.
    """
    ring = KeyRing(PrivateKeys.generate(random, now), random(SECRET_BYTES))
    try:
        descriptor = os.open(home / FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise NodeExists(f"{home} holds a node already") from None
    _write(descriptor, _to_bytes(ring))
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
    prepared = None
    if file.prepared is not None:
        prepared = Prepared(private_from_bytes(bytes(file.prepared.private)), file.prepared.history)
    return KeyRing(private_from_bytes(bytes(file.private)), file.secret, file.history, prepared)


def replace_keyring(home: Path, ring: KeyRing) -> None:
    """Put another key ring in the place of the one in `home`, and overwrite the bytes of the old one.

    Raises:
        DiskFull, UnusablePath: the new one could not be written; the old one is as it was.
    """
    new, path = home / _NEW, home / FILE
    try:
        with suppress(FileNotFoundError):
            _overwrite(new)  # left by a process that died; it may hold keys that are destroyed by now
        _write(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), _to_bytes(ring))
        with path.open("r+b") as old:
            new.replace(path)
            _sync_folder(home)
            _fill(old.fileno())
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"no space left for {path}") from None
        raise UnusablePath(f"{path} cannot be replaced: {error.strerror}") from None


def _to_bytes(ring: KeyRing) -> bytes:
    prepared = None
    if ring.prepared is not None:
        prepared = _PreparedFile(msgspec.Raw(private_to_bytes(ring.prepared.private)), ring.prepared.history)
    private = msgspec.Raw(private_to_bytes(ring.private))
    return msgspec.json.encode(_File(private, ring.secret, ring.history, prepared))


def _write(descriptor: int, data: bytes) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        _fill(file.fileno())
    path.unlink()


def _fill(descriptor: int) -> None:
    os.pwrite(descriptor, bytes(os.fstat(descriptor).st_size), 0)
    os.fsync(descriptor)


def _sync_folder(home: Path) -> None:
    descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
