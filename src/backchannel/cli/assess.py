"""`backchannel assess`: what do we really know, and from how many mouths?"""

from pathlib import Path
from typing import Annotated

import typer

from backchannel.cli import assess_json, assess_words, screen
from backchannel.cli.assess_observable import show_observable
from backchannel.cli.context import JsonOption
from backchannel.cli.importing import show_refused
from backchannel.core.assess.assessment import Answer
from backchannel.core.assess.grading import Grading, graded
from backchannel.core.assess.press import Report
from backchannel.core.grading import parse as parse_grade
from backchannel.errors import BadArgument, NoNode, UnreadableFile, UnusablePath
from backchannel.formats.tagger import load_tagger
from backchannel.node import assessment_out, regrades, reports
from backchannel.node.assessing import Assessment
from backchannel.node.assessing import assess as assess_reports
from backchannel.node.files import Refused

app = typer.Typer(no_args_is_help=True, help="Assessments: the grades that analysts set for claims.")


def assess(
    context: typer.Context,
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE", help="Press reports (text or HTML), folders of them, ids of held reports."),
    ] = None,
    question: Annotated[
        str | None, typer.Option(metavar="CLAIM", help="The claim that is counted, as a sentence.")
    ] = None,
    observable: Annotated[
        str | None,
        typer.Option(metavar="VALUE", help="Say how many origins this value has, or STIX pattern; without FILE."),
    ] = None,
    tagger: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Find who says what with this trained tagger instead of rules (ONNX)."),
    ] = None,
    observed: Annotated[bool, typer.Option("--observed", help="Our own organisation saw it itself.")] = False,
    grade: Annotated[
        str | None, typer.Option(metavar="GRADE", help="Set this grade instead of the proposed one; it is recorded.")
    ] = None,
    because: Annotated[str, typer.Option(metavar="TEXT", help="Why another grade is set.")] = "",
    by: Annotated[str, typer.Option(metavar="NAME", help="Who sets it.")] = "",
    stix: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it as a STIX 2.1 bundle too, made by this node.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it as a self-contained page in HTML too.")
    ] = None,
    tlp: Annotated[str | None, typer.Option(metavar="LEVEL", help="TLP level of what is written.")] = None,
    threat: Annotated[
        str | None, typer.Option(metavar="NAME", help="The threat that the STIX reports are about.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what press reports are worth on a claim: how many origins, who heard it, who confirms, who denies.

    Without --question it suggests claims to ask about. With --observable it says how many independent origins a value
    has among all that is held. Everything is done on this machine; English only. Exit status 3: some files could not
    be read; the others were assessed.
    """
    if observable is not None:
        if files or question is not None:
            raise BadArgument("--observable asks about what is held; it takes no FILE and no --question")
        show_observable(context, observable, as_json)
        return
    _check_outputs([one for one in (html, stix) if one is not None], files or [])
    found, refused = _assessed(context, files or [], question, observed, tagger)
    grading = None if found.answer is None else _graded(context, found, found.answer, grade, because, by)
    if html is not None:
        _write(html, _page(context, found, grading, tlp).encode())
    if stix is not None:
        with context.obj.node() as node:
            _write(stix, assessment_out.stix(node, found, grading, tlp, threat))
    if as_json:
        screen.print_json(assess_json.view(found, grading))
    else:
        assess_words.tell(found, grading)
        show_refused(refused)
    if refused:
        raise typer.Exit(screen.EXIT_SOME_REFUSED)


@app.command("list")
def list_(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the grades that analysts set for claims, oldest first."""
    with context.obj.node() as node:
        found = regrades.regrades(node)
    if as_json:
        screen.print_json(found)
        return
    screen.table(
        ("when", "claim", "grade", "proposed", "by", "because"),
        ((screen.moment(one.at), one.question, one.grade, one.proposed, one.by, one.because) for one in found),
        "Nobody set another grade than the one proposed.",
    )


def _assessed(
    context: typer.Context, names: list[str], question: str | None, observed: bool, tagger: Path | None
) -> tuple[Assessment, list[Refused]]:
    given: list[Report] = []
    held = [name for name in names if name.startswith(assessment_out.HELD) and not Path(name).exists()]
    if held:
        with context.obj.node() as node:
            given += [reports.held_report(node, name) for name in dict.fromkeys(held)]
    files = [name for name in names if name not in held]
    taken, refused = reports.reports_of(reports.report_files(files)) if files else ([], [])
    given += [one.report for one in taken]
    if refused and not given:
        raise UnreadableFile(f"{refused[0].file}: {refused[0].message}")
    with_it = load_tagger(tagger) if tagger is not None else None
    return assess_reports(given, question, observed, with_it), refused


def _page(context: typer.Context, found: Assessment, grading: Grading | None, tlp: str | None) -> str:
    """The page; it needs a node only for reports that are held in it."""
    if not any(report.name.startswith(assessment_out.HELD) for report in found.heard.reports):
        return assessment_out.page(None, found, grading, tlp)
    try:
        with context.obj.node() as node:
            return assessment_out.page(node, found, grading, tlp)
    except NoNode:
        return assessment_out.page(None, found, grading, tlp)


def _check_outputs(outputs: list[Path], files: list[str]) -> None:
    """What is written must not be what is read, nor two things one file."""
    read = {path.resolve() for name in files if Path(name).exists() for path in reports.report_files([name])}
    written = [path.resolve() for path in outputs]
    again = next((path for path in written if path in read), None)
    if again is not None:
        raise BadArgument(f"{again.name} is one of the reports; write to another file")
    if len(set(written)) < len(written):
        raise BadArgument("--html and --stix name one file; write to two")


def _write(file: Path, raw: bytes) -> None:
    try:
        file.write_bytes(raw)
    except OSError as error:
        raise UnusablePath(f"{file} cannot be written: {error.strerror}") from error
    screen.remark(f"wrote {file}")


def _graded(
    context: typer.Context, found: Assessment, answer: Answer, grade: str | None, because: str, by: str
) -> Grading:
    """The grade by the node's record; without a node there is no record, and nothing can be set."""
    try:
        with context.obj.node() as node:
            if grade is None:
                return regrades.graded_by(node, found, answer)
            try:
                wanted = parse_grade(grade)
            except ValueError as error:
                raise BadArgument(f"--grade: {error}") from error
            return regrades.set_grade(node, found, answer, wanted, because, by)
    except NoNode:
        if grade is not None:
            raise
        screen.remark("there is no node here: nothing is on record of any source")
        return graded(answer, {})
