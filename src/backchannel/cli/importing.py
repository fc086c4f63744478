"""`backchannel import` and `check`: published intelligence into the holdings, or only looked at."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from backchannel.cli import screen
from backchannel.cli.context import JsonOption, moment_of
from backchannel.node.checking import check_files
from backchannel.node.files import Refused, expand, known_press
from backchannel.node.importing import ImportReport, import_files

SHOWN = 20
"""Refusals printed for a person; `--json` lists all."""


def import_(
    context: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Files, folders or globs.")],
    tlp: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="TLP level of objects without a mark of their own.")
    ] = None,
    threat: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The threat that listed indicators indicate, or that reports are about."),
    ] = None,
    as_: Annotated[
        str | None,
        typer.Option("--as", metavar="KIND", help="`press`: every FILE is a press report, whatever it is called."),
    ] = None,
    outlet: Annotated[str | None, typer.Option(metavar="NAME", help="Whose press report it is.")] = None,
    url: Annotated[str | None, typer.Option(metavar="URL", help="Where it stood.")] = None,
    published: Annotated[
        str | None, typer.Option(metavar="TIME", help="When it was published (ISO 8601, UTC).")
    ] = None,
    received_from: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who handed it on; kept beside it, and never sent.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Import STIX 2.1 and 2.0 bundles, MISP events, indicator lists (text or CSV) and press reports (text or HTML),
    recognised by content.

    Prose and web pages are press reports if they are called .txt, .html or .htm, or if --as press, --outlet, --url,
    --published or --received-from says so. Exit status 3: some objects were refused; the others are kept.
    """
    press = known_press(
        as_, outlet=outlet, url=url, published=moment_of(published, "--published"), received_from=received_from
    )
    paths = expand(files)
    with context.obj.node() as node, _progress(paths, "importing") as advance:
        report = import_files(node, paths, tlp=tlp, threat=threat, press=press, advance=advance)
    for note in report.notes:
        screen.remark(note)
    if as_json:
        screen.print_json(report.as_json())
    else:
        _show(report)
    if report.refused:
        raise typer.Exit(screen.EXIT_SOME_REFUSED)


def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Files, folders or globs.")],
    as_json: JsonOption = False,
) -> None:
    """Say what an import of these files would refuse or warn of. Needs no node, and keeps nothing.

    Exit status 3: some objects would be refused.
    """
    paths = expand(files)
    with _progress(paths, "checking") as advance:
        report = check_files(paths, advance=advance)
    for note in report.notes:
        screen.remark(note)
    if as_json:
        screen.print_json(report.as_json())
    else:
        refused = len(report.refused)
        screen.say(f"Read {report.read} objects: {report.sound} sound, {refused} would be refused.")
        show_refused(report.refused)
    if report.refused:
        raise typer.Exit(screen.EXIT_SOME_REFUSED)


@contextmanager
def _progress(paths: list[Path], doing: str) -> Iterator[Callable[[int], None]]:
    """A progress bar over the bytes of all files, on a terminal only; gives `advance(bytes)`."""
    console = Console(stderr=True)
    columns = (TextColumn(doing), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    shown = console.is_terminal
    # Without a thread that redraws: a process with threads cannot make the readers' processes.
    with Progress(*columns, console=console, disable=not shown, transient=True, auto_refresh=False) as progress:
        task = progress.add_task(doing, total=sum(path.stat().st_size for path in paths))

        def advance(count: int) -> None:
            progress.advance(task, count)
            progress.refresh()

        yield advance


def _show(report: ImportReport) -> None:
    if report.added == 0 and not report.refused:
        screen.say(f"Read {report.read} objects: nothing new, all were held already.")
    else:
        screen.say(
            f"Read {report.read} objects: {report.added} added, {report.unchanged} unchanged, "
            f"{len(report.refused)} refused."
        )
    show_refused(report.refused)


def show_refused(refusals: Sequence[Refused]) -> None:
    """The first refusals, one line each, and how many more there are."""
    for refused in refusals[:SHOWN]:
        place = f"{refused.file} #{refused.index} {refused.id}" if refused.index >= 0 else refused.file
        screen.say(f"  {place}: {refused.rule}: {refused.message}")
    if len(refusals) > SHOWN:
        screen.say(f"  … and {len(refusals) - SHOWN} more; --json lists all.")
