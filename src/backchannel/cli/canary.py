"""`backchannel canary`: whose copy leaked, by the names of ours that were added to it."""

import sys
from typing import Annotated

import msgspec
import typer

from backchannel.cli import screen
from backchannel.cli.context import JsonOption
from backchannel.node import canaries as node_canaries
from backchannel.node.canaries import CheckReport

app = typer.Typer(
    no_args_is_help=True, help="Canaries: names of ours, one for each copy, that say whose copy leaked."
)

What = Annotated[
    list[str],
    typer.Argument(metavar="VALUE", help="Files, folders, names and URLs in any spelling; - for standard input."),
]


@app.command("list")
def list_(
    context: typer.Context,
    agreement: Annotated[str | None, typer.Option(metavar="AGREEMENT", help="Only those of one agreement.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the canaries and whose copies they mark. Keep what it prints to yourself."""
    with context.obj.node() as node:
        found = node_canaries.canaries(node, agreement)
    if as_json:
        screen.print_json(found)
        return
    screen.table(
        ("name", "recipient", "agreement", "released"),
        (
            (
                one.name,
                one.recipient,
                screen.short(one.agreement),
                screen.moment(one.released) if one.released else "no",
            )
            for one in found
        ),
        "There are no canaries. `backchannel release AGREEMENT --canary N` adds some.",
    )


@app.command()
def check(context: typer.Context, what: What, as_json: JsonOption = False) -> None:
    """Say whose copy leaked: look for canaries in files and values. Exit status 3 if one is found."""
    with context.obj.node() as node:
        report = node_canaries.check(node, what, sys.stdin.buffer)
    for problem in report.problems:
        screen.remark(problem)
    if as_json:
        screen.print_json(
            {
                "files": report.files,
                "values": report.values,
                "found": [
                    {
                        **{name: value for name, value in msgspec.structs.asdict(one).items() if name != "canary"},
                        **msgspec.structs.asdict(one.canary),
                    }
                    for one in report.found
                ],
                "problems": report.problems,
            }
        )
    else:
        _show(report)
    if report.found:
        raise typer.Exit(screen.EXIT_FOUND)
    if report.problems:
        raise typer.Exit(screen.EXIT_OPERATOR)


def _show(report: CheckReport) -> None:
    looked = f"{screen.count(report.files, 'file')} and {screen.count(report.values, 'value')}"
    if not report.found:
        screen.say(f"No canary in {looked}.")
        return
    screen.table(
        ("where", "line", "canary", "copy of", "agreement", "released"),
        (
            (
                one.where,
                one.line,
                one.canary.name,
                one.canary.recipient,
                screen.short(one.canary.agreement),
                screen.moment(one.canary.released) if one.canary.released else "no",
            )
            for one in report.found
        ),
        "",
    )
    for recipient in sorted({one.canary.recipient for one in report.found}):
        screen.remark(
            f"A copy that was made for {recipient} got out. That does not say who passed it on: its node, a person, "
            "a thief, or whoever else had it after it was opened."
        )
    allowed = {one.canary.agreement[:12] for one in report.found if one.canary.onward != "never"}
    for agreement in sorted(allowed):
        screen.remark(f"The terms of {agreement} let it be passed on, with consent or to those listed: ask first.")
