"""Files in a folder that others write to: by descriptor, no link followed, nothing but plain files opened.

A folder is a descriptor; -1 stands for one that does not exist. Functions raise `OSError` as the system does.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from backchannel.carriers.item import is_name
from backchannel.errors import UnfitItem

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def make_folder(path: Path) -> None:
    """Create one folder, durably. Its parent must exist: an unmounted stick must not become one."""
    try:
        path.mkdir()
    except FileExistsError:
        return
    parent = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        flush(parent)
    finally:
        os.close(parent)


def write_new(folder: int, name: str, data: bytes) -> None:
    """Write a file that does not exist yet, down to the disk."""
    with os.fdopen(os.open(name, NEW, 0o666, dir_fd=folder), "wb", buffering=0) as file:
        view = memoryview(data)
        while view:
            view = view[file.write(view) :]
        os.fsync(file.fileno())


def flush(folder: int) -> None:
    """Make a folder's entries durable, where the file system can."""
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise


def items(folder: int, after: str) -> Iterator[os.DirEntry[str]]:
    """The items in a folder: plain files, not empty, of a valid name after `after`."""
    if folder < 0:
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name > after and is_name(entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(FileNotFoundError):
                    if entry.stat(follow_symlinks=False).st_size:
                        yield entry


def plain(folder: int, name: str) -> os.stat_result | None:
    """What stands at a name, without opening it; None for nothing. Anything but a plain file is refused."""
    if folder < 0:
        return None
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        raise UnfitItem(f"{name}: something that is not a plain file stands at this name")
    return found


def taken(folder: int, name: str) -> bool:
    """Whether an item stands at a name; an empty file is only a claim."""
    found = plain(folder, name)
    return found is not None and found.st_size > 0
