"""The files that a command reads: which ones are meant, and what was found wrong in them."""

import glob
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from backchannel.core.text import has_hidden, printable, shown
from backchannel.errors import BadArgument, UnreadableFile
from backchannel.formats.entries import is_url
from backchannel.formats.items import Fault
from backchannel.formats.press import Known

PRESS = "press"
"""The kind of file that an option can name: a press report."""

MAX_KNOWN = 250
"""Characters of what is said of a press report from outside."""


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


def known_press(
    kind: str | None, *, outlet: str | None, url: str | None, published: datetime | None, received_from: str | None
) -> Known | None:
    """What the options of a command say of press reports; None if they do not speak of any.

    Raises:
        BadArgument: no such kind of file, or a name or URL that is empty or has something hidden in it.
    """
    if kind not in (None, PRESS):
        raise BadArgument(f"--as is {kind!r}; it can only be `{PRESS}`")
    texts = {"--outlet": outlet, "--url": url, "--received-from": received_from}
    for option, text in texts.items():
        if text is not None and (not text.strip() or len(text) > MAX_KNOWN or has_hidden(text)):
            raise BadArgument(f"{option} is {shown(text)}; it takes 1 to {MAX_KNOWN} visible characters")
    if url is not None and not is_url(url):
        raise BadArgument(f"--url is {shown(url)}; write a URL like https://news.example.com/story")
    if kind is None and published is None and not any(texts.values()):
        return None
    return Known(outlet or "", url or "", published, received_from or "")


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
