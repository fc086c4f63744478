"""`backchannel match` and `backchannel lookup`: find out what both hold, without showing the rest."""

import time
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from backchannel.cli import screen
from backchannel.cli.context import JsonOption
from backchannel.core.request_rules import observable_of
from backchannel.core.text import printable
from backchannel.errors import BadArgument, UnreadableFile
from backchannel.node import matching
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
_PAUSES = (0.05, 0.2, 1.0, 2.0, 5.0)
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
    screen.say(f"Session {screen.short(view.id)} with {view.with_}: {view.state}.")
    _after(view, f"backchannel match results {screen.short(view.agreement)}")


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
    screen.say(f"Look-up {screen.short(view.id)} with {view.with_}: {view.state}.")
    if view.is_over:
        _say_found(found)
    _after(view, f"backchannel match show {screen.short(view.id)}")


@app.command()
def status(context: typer.Context, agreement: OptionalAgreement = None, as_json: JsonOption = False) -> None:
    """Show the sessions that are under way, and what was evaluated for counterparts."""
    with context.obj.node() as node:
        views = [one for one in matching.sessions(node, agreement) if not one.is_over]
        counted = matching.budgets(node)
    if as_json:
        screen.print_json({"sessions": views, "evaluated": counted})
        return
    _table(views, "No session is under way. Start one with: backchannel match run AGREEMENT")
    screen.table(
        ("agreement", "kind", "evaluated today", "a day", "in all", "at most"),
        (
            (screen.short(c.agreement), c.type, f"{c.today:,}", f"{c.per_day:,}", f"{c.ever:,}", f"{c.lifetime:,}")
            for c in counted
        ),
        "No agreement in force allows matching.",
    )


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
        ("kind", "value", "ours since", "both since"),
        (
            (
                one.type,
                one.value,
                screen.moment(one.ours_since) if one.ours_since else "",
                screen.moment(one.matched_at),
            )
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
    _table(views, "There was no session.")


@app.command()
def show(context: typer.Context, session: SessionArgument, as_json: JsonOption = False) -> None:
    """Show a session, and what came of each value that it looks up."""
    with context.obj.node() as node:
        view, found = matching.session(node, session)
    if as_json:
        screen.print_json({"session": view, "values": found})
        return
    screen.say(f"Session {view.id}")
    for name, value in (
        ("with", view.with_),
        ("agreement", view.agreement),
        ("opened by", "us" if view.ours else view.with_),
        ("kinds", ", ".join(view.kinds)),
        ("state", view.state),
        ("opened", screen.moment(view.opened)),
        ("evaluated", f"{view.inputs:,} values of ours, {view.hits:,} of them held by both"),
        ("reason", view.reason),
    ):
        if value:
            screen.say(f"  {name:<10}{value}")
    _say_found(found)


@app.command()
def stop(context: typer.Context, session: SessionArgument) -> None:
    """End a session before its end. The counterpart is told that it ended, and no reason."""
    with context.obj.node() as node:
        view = matching.stop(node, session)
    screen.say(f"Stopped session {screen.short(view.id)} with {view.with_}.")
    screen.remark("Next: backchannel sync")


@app.command()
def resume(context: typer.Context, session: SessionArgument) -> None:
    """Go on with a session that froze because its hits are far below what was usual."""
    with context.obj.node() as node:
        view = matching.resume(node, session)
    screen.say(f"Session {screen.short(view.id)} with {view.with_} goes on.")
    screen.remark("Next: backchannel sync")


def _waited(node: Node, view: SessionView, *, quiet: bool) -> SessionView:
    """The session after syncing until it is over or frozen, with a bar on standard error."""
    console = Console(stderr=True, quiet=quiet)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    idle = 0
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task(f"Matching with {escape(printable(view.with_, 100))}", total=None)
        while not view.is_over and view.state != "frozen":
            sync(node)
            before, (view, _) = view, matching.session(node, view.id)
            bar.update(task, total=view.work or None, completed=view.done)
            idle = 0 if (view.done, view.state) != (before.done, before.state) else idle + 1
            if idle:
                time.sleep(_PAUSES[min(idle, len(_PAUSES)) - 1])
    return view


def _after(view: SessionView, results_: str) -> None:
    if view.state == "frozen":
        screen.remark(f"{view.reason}. Next: backchannel match resume, or stop, {screen.short(view.id)}")
    elif view.reason:
        screen.remark(f"It stopped: {view.reason}")
    elif view.is_over:
        screen.remark(f"Next: {results_}")
    else:
        screen.remark(f"Next: backchannel sync; then {results_}")


def _say_found(found: list[matching.Found]) -> None:
    words = {True: "held", False: "not held, or not to be released to us", None: "not known yet"}
    if found:
        screen.table(("kind", "value", "there"), ((one.type, one.value, words[one.held]) for one in found), "")


def _table(views: list[SessionView], empty: str) -> None:
    screen.table(
        ("session", "with", "opened", "kinds", "state", "done", "evaluated", "both"),
        (
            (
                screen.short(one.id),
                one.with_,
                f"{screen.moment(one.opened)} by {'us' if one.ours else 'them'}",
                "look-up" if one.look_up else ", ".join(one.kinds),
                one.state if not one.reason else f"{one.state}: {one.reason}",
                f"{100 * one.done // one.work} %" if one.work else "",
                f"{one.inputs:,}",
                f"{one.hits:,}",
            )
            for one in views
        ),
        empty,
    )


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
