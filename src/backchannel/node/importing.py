"""Import: files in, holdings out, in batches, with every refusal named.

A batch is one transaction, so memory is bounded by the batch and an interrupted import keeps what it had; the same
file again completes it. Where an object has no mark of its own, the level given or the node's default is kept beside
it.
"""

import glob
from collections.abc import Sequence
from pathlib import Path

import msgspec

from backchannel.errors import NotFound

BATCH = 2_000
"""Objects in one transaction."""


class Refused(msgspec.Struct, frozen=True):
    """One object or file that was not taken over. `index` counts objects (lines, attributes) from 0; -1 for a file."""

    file: str
    index: int
    id: str
    rule: str
    message: str


class ImportReport(msgspec.Struct):
    """What an import did. `read` counts objects; `notes` are warnings, shortened to one line a kind."""

    read: int = 0
    added: int = 0
    unchanged: int = 0
    refused: list[Refused] = []
    notes: list[str] = []

    def as_json(self) -> dict[str, object]:
        """The public shape."""
        return {
            "read": self.read,
            "added": self.added,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "notes": self.notes,
        }


def expand(names: Sequence[str]) -> list[Path]:
    """Files that names, folders and globs stand for, each once, in order.

    Raises:
        NotFound: a name or glob stands for nothing.
    """
    found: dict[Path, None] = {}
    for name in names:
        path = Path(name)
        if path.is_dir():
            matches = sorted(one for one in path.rglob("*") if one.is_file() and not one.name.startswith("."))
        elif path.exists():
            matches = [path]
        else:
            matches = sorted(Path(one) for one in glob.glob(name, recursive=True) if Path(one).is_file())  # noqa: PTH207 (absolute globs too)
        if not matches:
            raise NotFound(f"no file is named or matched by {name!r}")
        found.update(dict.fromkeys(matches))
    return list(found)
