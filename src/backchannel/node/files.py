"""The files that a command reads: which ones are meant, and what was found wrong in them."""

import glob
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from backchannel.core.text import printable
from backchannel.errors import BadArgument, UnreadableFile
from backchannel.formats.items import Fault


class Refused(msgspec.Struct, frozen=True):
    """What was not taken over. `index` is the place of the object, or the line of a list; -1 for a whole file."""

    file: str
    index: int
    id: str
    rule: str
    message: str


class FileReport(msgspec.Struct):
    """What was read from files. `read` counts objects; `warnings` counts, by rule, objects with a warning."""

    read: int = 0
    refused: list[Refused] = []
    warnings: Counter[str] = msgspec.field(default_factory=Counter)

    def warned(self, came: str) -> list[str]:
        """The warnings, one line a rule; `came` says that objects came in, or would."""
        return [
            f"{count} object{'s' * (count != 1)} {came} with a warning: {rule}"
            for rule, count in sorted(self.warnings.items())
        ]

    def note(self, file: str, fault: Fault) -> None:
        """Take up what was found at one place of a file."""
        if fault.refused:
            first = fault.first
            self.refused.append(Refused(file, fault.index, printable(fault.id, 120), first.rule, first.message))
        else:
            self.warnings.update({finding.rule for finding in fault.findings})

    @contextmanager
    def opened(self, path: Path) -> Iterator[tuple[BinaryIO, str]]:
        """The file, and its name as it is shown; one that cannot be read is on the report, and no error."""
        shown = printable(str(path), 300)
        try:
            with path.open("rb") as file:
                yield file, shown
        except OSError as error:
            self.refused.append(Refused(shown, -1, "", UnreadableFile.code, error.strerror or str(error)))
        except UnreadableFile as error:
            self.refused.append(Refused(shown, -1, "", error.code, str(error)))


def expand(names: Sequence[str]) -> list[Path]:
    """Files that names, folders and globs stand for, each once, in order.

    Raises:
        BadArgument: a name or glob stands for nothing.
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
            raise BadArgument(f"no file is named or matched by {name!r}")
        found.update(dict.fromkeys(matches))
    return list(found)
