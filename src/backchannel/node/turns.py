"""One at a time: what sends, receives or changes keys of a node never runs twice at once, in whatever process."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = "sync.lock"


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Wait until no other process syncs this node or changes its keys."""
    with (home / LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
