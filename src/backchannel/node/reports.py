"""Press reports: those that are held, and those in files that are only assessed.

A held report is the newest version of its object, our own before what others gave us. Who handed one on is what was
said at import; of what came from a counterpart, that counterpart.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from backchannel.core.assess.credits import Credit, credits_of
from backchannel.core.assess.newsroom import Newsroom, newsroom
from backchannel.core.assess.outlets import gazetteer
from backchannel.core.assess.press import Article, Report
from backchannel.core.assess.reading import read
from backchannel.core.stix import version_order
from backchannel.core.text import printable
from backchannel.errors import BadArgument, NotFound, UnreadableFile
from backchannel.flow.ports import Filter, Held, Transaction
from backchannel.formats.pages import PageReader
from backchannel.formats.press import UNKNOWN, Known, Taken, is_press_name, report_of
from backchannel.formats.press_doubts import Doubt, doubts
from backchannel.formats.press_items import held_report as report_in
from backchannel.formats.press_items import is_press_report
from backchannel.formats.press_text import LARGEST_FILE
from backchannel.node.files import Refused
from backchannel.node.holdings import one_object
from backchannel.node.node import Node

MOST_FILES = 500
"""Files with reports that are read together."""


class HeldReport(msgspec.Struct, frozen=True):
    """A press report in the holdings, and the object it is in."""

    held: Held
    report: Report


class ReadReport(msgspec.Struct, frozen=True):
    """A held report that was read by itself: what counts, whose it is, whom it credits, and what is unusual."""

    held: Held
    article: Article
    newsroom: Newsroom
    credits: tuple[Credit, ...]
    doubts: tuple[Doubt, ...]


def all_reports(node: Node) -> list[HeldReport]:
    """All press reports that are held, in the order in which they came."""
    with node.db.read() as tx:
        found: dict[str, Held] = {}
        for held in tx.holdings.find(Filter(type="report", latest=True)):
            if is_press_report(held.object()):
                found[held.id] = max((held, found.get(held.id, held)), key=_rank)
        return _with_givers(tx, found.values())


def held_report(node: Node, prefix: str) -> Report:
    """The press report in the one held object whose id begins so; its name is the id.

    Raises:
        NotFound, Ambiguous: none, or several; or the object is no press report.
    """
    return find_report(node, prefix).report


def find_report(node: Node, prefix: str) -> HeldReport:
    """The same, with the object it is in."""
    with node.db.read() as tx:
        return _found(tx, prefix)


def read_report(node: Node, prefix: str) -> ReadReport:
    """A held report, read by itself: credits in other reports are not looked at."""
    found = find_report(node, prefix)
    article = read(found.report)
    credited = tuple(credits_of(article, gazetteer()))
    return ReadReport(found.held, article, newsroom(article, credited, gazetteer()), credited, doubts(article))


def original_file(node: Node, prefix: str) -> bytes:
    """The file of a held report, byte for byte. Of a report that a counterpart gave us, which has no file, its
    text."""
    with node.db.read() as tx:
        found = _found(tx, prefix)
        form = tx.holdings.original_of(found.held.seq)
    return found.report.text.encode() if form is None else form


def report_files(names: Sequence[str]) -> list[Path]:
    """The files with reports that names of files and folders stand for, each once; those of a folder, and of the
    folders in it, in order of their names.

    Raises:
        BadArgument: a name stands for nothing, a folder has no report in it, or there are too many.
    """
    found: dict[Path, None] = {}
    for name in names:
        path = Path(name)
        if not path.exists():
            raise BadArgument(f"there is no file or folder {name!r}")
        files = [path] if not path.is_dir() else sorted(one for one in path.rglob("*") if _is_report(one))
        if not files:
            raise BadArgument(f"there is no press report (.txt, .html or .htm) in the folder {name!r}")
        found.update(dict.fromkeys(files))
    if len(found) > MOST_FILES:
        raise BadArgument(f"{len(found):,} files are too many to be read together; {MOST_FILES} at most")
    return list(found)


def reports_of(paths: Iterable[Path], known: Known = UNKNOWN) -> tuple[list[Taken], list[Refused]]:
    """The reports in files, and what could not be read and why. A report has the name of its file; of files that are
    called alike, the whole path.

    Raises:
        MissingExtra: one is a web page, and what reads pages is not installed.
    """
    listed = list(paths)
    times = Counter(path.name for path in listed)
    taken: list[Taken] = []
    refused: list[Refused] = []
    with PageReader() as pages:
        for path in listed:
            name = path.name if times[path.name] == 1 else str(path)
            try:
                with path.open("rb") as file:
                    taken.append(report_of(name, file.read(LARGEST_FILE + 1), known, pages))
            except OSError as error:
                refused.append(_refused(path, UnreadableFile.code, error.strerror or str(error)))
            except UnreadableFile as error:
                refused.append(_refused(path, error.code, str(error)))
    return taken, refused


def _refused(path: Path, code: str, message: str) -> Refused:
    return Refused(printable(str(path), 300), -1, "", code, message)


def _is_report(path: Path) -> bool:
    return is_press_name(path.name) and not path.name.startswith(".") and path.is_file()


def _found(tx: Transaction, prefix: str) -> HeldReport:
    every = one_object(tx, prefix)
    versions = [held for held in every if is_press_report(held.object())]
    if not versions:
        raise NotFound(f"{every[0].id} is no press report; `backchannel report list` shows those that are held")
    return _with_givers(tx, [max(versions, key=_rank)])[0]


def _with_givers(tx: Transaction, listed: Iterable[Held]) -> list[HeldReport]:
    every = list(listed)
    givers = tx.givers.of({held.id for held in every if held.own})
    return [
        HeldReport(held, report_in(held.object(), givers.get(held.id, "") if held.own else held.source_name))
        for held in every
    ]


def _rank(held: Held) -> tuple[bool, str, int]:
    return held.own, version_order(held.version), held.seq
