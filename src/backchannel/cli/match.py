"""`backchannel match` and `backchannel lookup`: find out what both hold, without showing the rest."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from backchannel.cli import match_words as words
from backchannel.cli import screen
from backchannel.cli.context import JsonOption
from backchannel.core.request_rules import observable_of
from backchannel.errors import BadArgument, UnreadableFile
from backchannel.node import agreements, matching
from backchannel.node.match_turns import turns
from backchannel.node.matching import SessionView
from backchannel.node.node import Node
from backchannel.node.sync import sync
from backchannel.protocol.message_matching import Learns

app = typer.Typer(
    no_args_is_help=True, help="Matching: find out with a counterpart what both hold, without showing the rest."
)

AgreementArgument = Annotated[
    str, typer.Argument(metavar="AGREEMENT", help="An agreement's id or an unambiguous beginning of it.")
]
SessionArgument = Annotated[
    str, typer.Argument(metavar="SESSION", help="A session's id or an unambiguous beginning of it.")
]
OptionalAgreement = Annotated[
    str | None, typer.Argument(metavar="AGREEMENT", help="Only this agreement.", show_default=False)
]
WaitOption = Annotated[bool, typer.Option("--wait", help="Sync until it is over, and show how far it is.")]

_LEARNS: dict[str, Learns] = {"both": "both", "us": "opener", "them": "other"}
_MOST_VALUES_FILE = 16 * 1024 * 1024
_PAUSES = (0.05, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds between two syncs of `--wait`, the longer the more of them brought nothing."""


@app.command()
def run(
    context: typer.Context,
    agreement: AgreementArgument,
    learns: Annotated[
        Literal["both", "us", "them"], typer.Option(help="Who learns what both hold.", metavar="WHO")
    ] = "both",
    wait: WaitOption = False,
    as_json: JsonOption = False,
) -> None:
    """Open a session for everything that is new since the last one; `sync` carries it on."""
    with context.obj.node() as node:
        view = matching.run(node, agreement, _LEARNS[learns])
        if wait:
            view = _waited(node, view, quiet=as_json)
    if as_json:
        screen.print_json(view)
        return
    _say("Session", view, words.evaluated(view))
    words.what_next(view, f"backchannel match results {screen.short(view.agreement)}")


def lookup(
    context: typer.Context,
    to: Annotated[str, typer.Option("--to", metavar="PARTY", help="Name or key of the counterpart.")],
    values: Annotated[
        list[str] | None,
        typer.Argument(metavar="VALUE", help="Values, or TYPE=VALUE.", show_default=False),
    ] = None,
    file: Annotated[Path | None, typer.Option(metavar="FILE", help="Values, one a line.")] = None,
    agreement: Annotated[
        str | None, typer.Option(metavar="AGREEMENT", help="Under which agreement, if several allow it.")
    ] = None,
    wait: WaitOption = False,
    as_json: JsonOption = False,
) -> None:
    """Ask a counterpart whether it holds these values. It learns how many were asked for, rounded up, and no more."""
    try:
        asked = [observable_of(one) for one in (*(values or []), *(_lines(file) if file else []))]
    except ValueError as error:
        raise BadArgument(str(error)) from None
    with context.obj.node() as node:
        view = matching.look_up(node, to, asked, agreement)
        if wait:
            view = _waited(node, view, quiet=as_json)
        view, found = matching.session(node, view.id)
    if as_json:
        screen.print_json({"session": view, "values": found})
        return
    _say("Look-up", view, words.answered(view, found))
    if view.is_over:
        words.values(view, found)
    if view.state != "done":
        words.what_next(view, f"backchannel match show {screen.short(view.id)}")


@app.command()
def status(context: typer.Context, agreement: OptionalAgreement = None, as_json: JsonOption = False) -> None:
    """Show the sessions that are under way, and what was evaluated for counterparts."""
    with context.obj.node() as node:
        views = [one for one in matching.sessions(node, agreement) if not one.is_over]
        counted = matching.budgets(node)
        whose = turns(node, views)
        names = {one.id: one.with_ for one in agreements.all_agreements(node)}
    if as_json:
        screen.print_json({"sessions": views, "evaluated": counted})
        return
    words.sessions_under_way(views, whose)
    if counted:
        screen.say("\nEvaluated for counterparts, padding counted:")
    screen.table(
        ("agreement", "with", "kind", "today", "in all"),
        (
            (
                screen.short(one.agreement),
                names.get(one.agreement, ""),
                one.type,
                f"{one.today:,} of {one.per_day:,}",
                f"{one.ever:,} of {one.lifetime:,}",
            )
            for one in counted
        ),
        "No agreement in force allows matching: its terms need a table [matching].",
    )
    if counted and not views:
        screen.remark("Next: backchannel match run AGREEMENT")


@app.command()
def results(context: typer.Context, agreement: AgreementArgument, as_json: JsonOption = False) -> None:
    """List the values that both hold."""
    with context.obj.node() as node:
        found = matching.results(node, agreement)
    if as_json:
        screen.print_json(
            [
                {"type": one.type, "value": one.value, "ours_since": one.ours_since, "matched_at": one.matched_at}
                for one in found
            ]
        )
        return
    screen.table(
        ("kind", "value", "ours since", "found on"),
        (
            (one.type, one.value, _day(one.ours_since) if one.ours_since else "", _day(one.matched_at))
            for one in found
        ),
        "Nothing is known to be held by both.",
    )


@app.command()
def history(context: typer.Context, agreement: OptionalAgreement = None, as_json: JsonOption = False) -> None:
    """List all sessions, the newest first."""
    with context.obj.node() as node:
        views = matching.sessions(node, agreement)
    if as_json:
        screen.print_json(views)
        return
    words.history(views)


@app.command()
def show(context: typer.Context, session: SessionArgument, as_json: JsonOption = False) -> None:
    """Show a session, and what came of each value that it looks up."""
    with context.obj.node() as node:
        view, found = matching.session(node, session)
        turn = turns(node, [view])[view.id]
    if as_json:
        screen.print_json({"session": view, "values": found})
        return
    screen.say(f"Session {view.id}")
    for label, text in words.facts(view, turn):
        if text:
            screen.say(f"  {label:<10}{text}")
    words.values(view, found)
    if view.state == "frozen":
        screen.remark(words.frozen(view))


@app.command()
def stop(context: typer.Context, session: SessionArgument) -> None:
    """End a session before its end. The counterpart is told that it ended, and no reason."""
    with context.obj.node() as node:
        view = matching.stop(node, session)
    screen.say(f"Stopped session {screen.short(view.id)} with {words.name_of(view)}.")
    screen.remark("Next: backchannel sync")


@app.command()
def resume(context: typer.Context, session: SessionArgument) -> None:
    """Go on with a session that froze because its hits are far below what was usual."""
    with context.obj.node() as node:
        view = matching.resume(node, session)
    if view.is_over:
        screen.say(f"Session {screen.short(view.id)} with {words.name_of(view)} could not go on, and is over.")
        screen.remark(f"Why: {view.reason}")
        return
    screen.say(f"Session {screen.short(view.id)} with {words.name_of(view)} goes on.")
    screen.remark("Next: backchannel sync")


def _waited(node: Node, view: SessionView, *, quiet: bool) -> SessionView:
    """The session after syncing until it is over or frozen, with a bar on standard error."""
    console = Console(stderr=True)
    off = quiet or not console.is_terminal  # a bar that nobody sees would leave an empty line
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    idle = 0
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True, disable=off) as bar:
        task = bar.add_task(f"Matching with {escape(words.name_of(view))}", total=None)
        while not view.is_over and view.state != "frozen":
            sync(node)
            before, (view, _) = view, matching.session(node, view.id)
            bar.update(task, total=view.work or None, completed=view.done)
            idle = 0 if (view.done, view.state) != (before.done, before.state) else idle + 1
            if idle:
                time.sleep(_PAUSES[min(idle, len(_PAUSES)) - 1])
    return view


def _say(what: str, view: SessionView, came: str) -> None:
    """What was opened, or what came of it when it was waited for."""
    named = f"{what} {screen.short(view.id)} with {words.name_of(view)}"
    if view.state == "done":
        screen.say(f"{named} is done: {came}.")
    else:
        screen.say(f"{named} {'is ' + view.state if view.is_over or view.state == 'frozen' else 'is opened'}.")


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_VALUES_FILE + 1)
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}") from None
    if len(data) > _MOST_VALUES_FILE:
        raise UnreadableFile(f"{path} is longer than {_MOST_VALUES_FILE // 2**20} MiB")
    try:
        lines = data.decode().splitlines()
    except UnicodeDecodeError:
        raise BadArgument(f"{path} is not UTF-8 text") from None
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
