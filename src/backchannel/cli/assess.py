"""`backchannel assess`: what do we really know, and from how many mouths?"""

from pathlib import Path
from typing import Annotated

import typer

from backchannel.cli import assess_json, assess_words, screen
from backchannel.cli.context import JsonOption
from backchannel.core.assess.grading import graded
from backchannel.core.assess.press import Report
from backchannel.node.assessing import assess as assess_reports


def assess(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Press reports, or folders of them.")],
    question: Annotated[
        str | None, typer.Option(metavar="CLAIM", help="The claim that is counted, as a sentence.")
    ] = None,
    observed: Annotated[bool, typer.Option("--observed", help="We saw it ourselves.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Say what reports are worth on a claim: how many origins, who confirms, who denies, and how good that is."""
    reports = [
        Report(path.name, path.read_text(encoding="utf-8"))
        for given in files
        for path in (sorted(given.glob("*.txt")) if given.is_dir() else [given])
    ]
    found = assess_reports(reports, question, observed)
    grading = None if found.answer is None else graded(found.answer, {})
    if as_json:
        screen.print_json(assess_json.view(found, grading))
        return
    assess_words.tell(found, grading)
