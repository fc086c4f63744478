"""Mailboxes as folders: `root/<mailbox name>/<item name>`, on a disk, a share, or a stick carried by hand.

Rules: an item appears whole or not at all, and is never replaced: it is written to a hidden partial file,
flushed to the disk, then linked to its name. Everything in the folder may have been put there by somebody
else: only plain files with a valid name are items, no link is followed inside the root, nothing else is ever
opened.

Where the file system has no links (FAT), the name is claimed with an empty file first, which the whole file
then replaces; an empty file is no item. There, two writers on different machines could both believe that they
were first; a stick that is carried by hand has one writer at a time.
"""

import errno
import heapq
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from backchannel.carriers.disk import FOLDER, NEW, READ, flush, items, make_folder, plain, taken, write_new
from backchannel.carriers.item import MAX_ITEM, MOST_NAMES, is_name, require_name
from backchannel.errors import CarrierError, DiskFull, UnfitItem
from backchannel.flow.ports_carriers import Mailbox

STALE_SECONDS = 24 * 3600
"""A partial file this much older than the folder's newest one was left by a crash, and is removed."""

_PARTIAL = re.compile(r"\.[0-9a-f]{16}_partial")
_FULL = (errno.ENOSPC, errno.EDQUOT)
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)


class Usage(NamedTuple):
    """What one mailbox holds."""

    items: int
    bytes: int


class FolderCarrier:
    """A carrier in a folder. The token of a mailbox is not used: whoever may read the folder may use it."""

    def __init__(self, root: Path, *, limit: int = MAX_ITEM) -> None:
        self.root = root
        self._limit = limit
        self._claims = Lock()
        self._swept: set[str] = set()

    def put(self, mailbox: Mailbox, name: str, data: bytes) -> bool:
        """Put if absent, durably; False if an item of that name is already there.

        Raises:
            UnfitItem: a bad name, no data or too much, or something else than a file has that name.
            DiskFull: nothing of it was kept.
            CarrierError: the folder cannot be used; the message says why.
        """
        require_name(name)
        if not 0 < len(data) <= self._limit:
            raise UnfitItem(f"{name}: {len(data)} bytes; an item has 1 to {self._limit}")
        with self._explained(mailbox), self._opened(mailbox, create=True) as folder:
            if taken(folder, name):
                return False
            partial = f".{secrets.token_hex(8)}_partial"
            try:
                write_new(folder, partial, data)
                self._sweep(mailbox, folder, partial)
                return self._publish(folder, partial, name)
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(partial, dir_fd=folder)

    def list_after(self, mailbox: Mailbox, after: str = "") -> list[str]:
        """Names of the first `MOST_NAMES` items after `after`, in order. Foreign files are left out.

        Raises:
            CarrierError: the folder cannot be read.
        """
        with self._explained(mailbox), self._opened(mailbox) as folder:
            return heapq.nsmallest(MOST_NAMES, (entry.name for entry in items(folder, after)))

    def get(self, mailbox: Mailbox, name: str) -> bytes | None:
        """The item, or None if it is gone.

        Raises:
            UnfitItem: it is larger than an item may be, or no plain file; it was not read.
            CarrierError: the folder cannot be read.
        """
        require_name(name)
        with self._explained(mailbox), self._opened(mailbox) as folder:
            found = plain(folder, name)
            if found is None or found.st_size == 0:
                return None
            with suppress(FileNotFoundError), os.fdopen(os.open(name, READ, dir_fd=folder), "rb") as file:
                data = file.read(self._limit + 1) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else b""
                if not 0 < len(data) <= self._limit:
                    raise UnfitItem(f"{self.root / mailbox.name / name}: not read, over {self._limit} bytes")
                return data
        return None

    def delete(self, mailbox: Mailbox, name: str) -> None:
        """Delete; nothing happens if it is gone.

        Raises:
            UnfitItem: no plain file has that name; it was left alone.
            CarrierError: the folder cannot be changed.
        """
        require_name(name)
        with self._explained(mailbox), self._opened(mailbox) as folder:
            if plain(folder, name) is not None:
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=folder)

    def close(self) -> None:
        """Nothing is kept open between calls."""

    def mailboxes(self) -> list[str]:
        """Names of the mailboxes in the folder, in order."""
        with self._explained(), suppress(FileNotFoundError), os.scandir(self.root) as entries:
            return sorted(e.name for e in entries if is_name(e.name) and e.is_dir(follow_symlinks=False))
        return []

    def usage(self, mailbox: Mailbox) -> Usage:
        """How many items the mailbox holds, and their bytes together."""
        with self._explained(mailbox), self._opened(mailbox) as folder:
            sizes = [entry.stat(follow_symlinks=False).st_size for entry in items(folder, "")]
        return Usage(len(sizes), sum(sizes))

    def changed_at(self, mailbox: Mailbox) -> int:
        """When an item last came or went, in nanoseconds of the file system's clock; 0 for no mailbox."""
        with self._explained(mailbox), self._opened(mailbox) as folder:
            return os.fstat(folder).st_mtime_ns if folder >= 0 else 0

    def expire(self, mailbox: Mailbox, before: float) -> int:
        """Delete the items that came before a moment (seconds since 1970), and the mailbox if none is left.

        Returns how many items went.
        """
        gone = 0
        with self._explained(mailbox), self._opened(mailbox) as folder:
            for entry in items(folder, ""):
                if entry.stat(follow_symlinks=False).st_mtime < before:
                    with suppress(FileNotFoundError):
                        os.unlink(entry.name, dir_fd=folder)
                        gone += 1
        with suppress(OSError):  # not empty, or not there: it stays as it is
            (self.root / mailbox.name).rmdir()
        return gone

    @contextmanager
    def _opened(self, mailbox: Mailbox, *, create: bool = False) -> Iterator[int]:
        """The mailbox's folder as a descriptor; -1 if there is none. Links in its place are not followed."""
        require_name(mailbox.name)
        if create:
            make_folder(self.root)
            make_folder(self.root / mailbox.name)
        try:
            folder = os.open(self.root / mailbox.name, FOLDER)
        except FileNotFoundError:
            yield -1
            return
        try:
            yield folder
        finally:
            os.close(folder)

    @contextmanager
    def _explained(self, mailbox: Mailbox | None = None) -> Iterator[None]:
        path = self.root / mailbox.name if mailbox is not None and is_name(mailbox.name) else self.root
        try:
            yield
        except OSError as error:
            if error.errno in _FULL:
                raise DiskFull(f"{path}: {os.strerror(error.errno)}") from error
            if error.errno == errno.ENOENT:
                raise CarrierError(f"{path}: {self.root.parent} is not there (not mounted?)") from error
            raise CarrierError(f"{path}: {error.strerror or error}") from error

    def _publish(self, folder: int, partial: str, name: str) -> bool:
        try:
            os.link(partial, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        except FileExistsError:
            return self._claim(folder, partial, name)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            return self._claim(folder, partial, name)
        flush(folder)
        return True

    def _claim(self, folder: int, partial: str, name: str) -> bool:
        """Publish without links: whoever creates the empty file may replace it by the whole one.

        An empty file that is already there is the claim of a writer that crashed, and is taken over."""
        with self._claims:
            if taken(folder, name):
                return False
            with suppress(FileExistsError):
                os.close(os.open(name, NEW, 0o666, dir_fd=folder))
            os.rename(partial, name, src_dir_fd=folder, dst_dir_fd=folder)
        flush(folder)
        return True

    def _sweep(self, mailbox: Mailbox, folder: int, newest: str) -> None:
        """Once per mailbox, remove partial files that a crash left, by the file system's own clock."""
        if mailbox.name in self._swept:
            return
        self._swept.add(mailbox.name)
        now = os.stat(newest, dir_fd=folder, follow_symlinks=False).st_mtime
        with os.scandir(folder) as entries:
            for entry in entries:
                if _PARTIAL.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                    with suppress(FileNotFoundError):
                        if now - entry.stat(follow_symlinks=False).st_mtime > STALE_SECONDS:
                            os.unlink(entry.name, dir_fd=folder)
