"""`backchannel demo`: two nodes on this machine play the whole story, and check it."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from backchannel.cli import screen
from backchannel.cli.context import JsonOption
from backchannel.cli.demonstration import account, expectations, figures, story
from backchannel.cli.demonstration.sample import Cast, from_files, sample
from backchannel.errors import BadArgument


def demo(
    sources: Annotated[
        tuple[Path, Path] | None,
        typer.Option("--data", metavar="A_DIR B_DIR", help="Two folders (or files) of real intelligence instead."),
    ] = None,
    threat: Annotated[str | None, typer.Option(metavar="NAME", help="With --data: the threat to agree on.")] = None,
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep both nodes and all logs in this new or empty folder.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Play the whole story with two real nodes on this machine, from key cards to the end of an agreement.

    Without --data with a made-up sample full of traps. Exit status 1: something did not hold as it must.
    """
    if (sources is None) != (threat is None):
        raise BadArgument("--data and --threat go together: two folders, and the threat they are about")
    with _folder(keep) as folder:
        cast = _cast(sources, threat or "", folder)
        facts = story.run(cast, folder, lambda line: screen.remark(f"· {line}"))
    judge = expectations.of_sample if cast.is_sample else expectations.general
    verdicts = judge(facts)
    if as_json:
        screen.print_json(figures.figures(facts, verdicts))
    else:
        account.show(facts, verdicts, is_sample=cast.is_sample)
    if keep is not None:
        screen.remark(f"Kept: look around with `backchannel --home {keep / cast.first.home} holdings list`")
    if not all(verdict.held for verdict in verdicts):
        raise typer.Exit(screen.EXIT_FAILED)


def _cast(sources: tuple[Path, Path] | None, threat: str, folder: Path) -> Cast:
    if sources is None:
        return sample(folder / "sample")
    return from_files(*sources, threat)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Where the story plays: the folder to keep, or one that is gone afterwards."""
    if keep is not None:
        if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
            raise BadArgument(f"--keep {keep}: there is something already; name a new or an empty folder")
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="backchannel-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
