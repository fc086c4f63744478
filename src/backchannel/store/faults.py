"""What the database reports, as errors of this program: SQLite's result codes in one table.

Anything not in the table is a mistake of ours and passes through as it is.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from backchannel.errors import BackchannelError, BadArgument, DiskFull, StoreBroken, StoreBusy, StoreReadOnly

_LEAST = 64 * 1024
"""Bytes below which a disk counts as full: what SQLite's shared memory grows by is half of it."""

_FAULTS: dict[int, tuple[type[BackchannelError], str]] = {
    sqlite3.SQLITE_FULL: (DiskFull, "no space left for {path}"),
    sqlite3.SQLITE_BUSY: (StoreBusy, "another process holds {path}"),
    sqlite3.SQLITE_LOCKED: (StoreBusy, "another process holds {path}"),
    sqlite3.SQLITE_READONLY: (StoreReadOnly, "{path} may be read but not written"),
    sqlite3.SQLITE_PERM: (StoreReadOnly, "no permission to use {path}"),
    sqlite3.SQLITE_CANTOPEN: (StoreReadOnly, "{path}, or its folder, may not be opened for writing"),
    sqlite3.SQLITE_NOTADB: (StoreBroken, "{path} is not an SQLite file"),
    sqlite3.SQLITE_CORRUPT: (StoreBroken, "{path} is damaged"),
    sqlite3.SQLITE_IOERR: (StoreBroken, "the disk reports an error while using {path}"),
}


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what SQLite reports within the block into an error of `errors`, naming the file."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise BadArgument(f"{error.object[:80]!r} is no text: it cannot be stored or found") from None
    except (sqlite3.Error, DBAPIError) as error:
        named = named_fault(error, path)
        if named is None:
            raise
        raise named from None


def named_fault(error: sqlite3.Error | DBAPIError, path: Path) -> BackchannelError | None:
    """The error of `errors` that an SQLite error stands for; None if it is in no row of the table."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    fault = _FAULTS.get(code & 0xFF) if isinstance(code, int) else None
    if fault is None:
        return None
    if fault is _FAULTS[sqlite3.SQLITE_IOERR] and _is_full(path):
        fault = _FAULTS[sqlite3.SQLITE_FULL]
    kind, message = fault
    return kind(f"{message.format(path=path)} ({cause})")


def _is_full(path: Path) -> bool:
    """Whether the disk is: SQLite says of its shared memory only that it could not be enlarged."""
    try:
        return shutil.disk_usage(path.parent).free < _LEAST
    except OSError:
        return False
