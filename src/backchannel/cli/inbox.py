"""`backchannel inbox`: what came in and waits, what was refused, and the standing rules."""

from collections.abc import Iterator
from typing import Annotated

import typer

from backchannel.cli import screen
from backchannel.cli.context import JsonOption
from backchannel.core.text import printable
from backchannel.flow.ports_channels import InboxItem
from backchannel.node import echoes
from backchannel.node import inbox as node_inbox
from backchannel.node.echoes import EchoView
from backchannel.node.inbox_choice import Choice

app = typer.Typer(no_args_is_help=True, help="Received objects: review, accept, refuse.")
rules_app = typer.Typer(no_args_is_help=True, help="Standing rules that accept on their own.")
app.add_typer(rules_app, name="rules")

Objects = Annotated[
    list[str] | None,
    typer.Argument(metavar="OBJECT", help="Ids, unambiguous beginnings of ids, or numbers as shown."),
]
All = Annotated[bool, typer.Option("--all", help="Everything that waits.")]
Versions = Annotated[bool, typer.Option("--all-versions", help="Every version that waits of each object.")]
PartyOption = Annotated[str | None, typer.Option("--party", metavar="PARTY", help="Only what this counterpart sent.")]


@app.command("list")
def list_(context: typer.Context, party: PartyOption = None, as_json: JsonOption = False) -> None:
    """List what waits for a decision."""
    with context.obj.node() as node:
        found = echoes.beside_waiting(node, node_inbox.waiting(node, party))
        if as_json:
            screen.print_json([_view(item, name, echo) for item, name, echo in found])
            return
        screen.table(
            ("object", "what", "source", "tlp", "look at"),
            (
                (
                    screen.short_object(item.object_id),
                    screen.title(item.raw),
                    name,
                    item.tlp,
                    "; ".join(_flags(item, echo)),
                )
                for item, name, echo in found
            ),
            "Nothing waits.",
        )


@app.command()
def show(
    context: typer.Context,
    object_id: Annotated[str, typer.Argument(metavar="OBJECT", help="An id, the beginning of one, or a number.")],
    as_json: JsonOption = False,
) -> None:
    """Show one waiting object as received, and what vetting noticed about it."""
    with context.obj.node() as node:
        found = echoes.beside_waiting(node, node_inbox.find(node, object_id))
        if as_json:
            screen.print_json(
                [{**_view(item, name, echo), "object": node_inbox.content(item)} for item, name, echo in found]
            )
            return
        for item, name, echo in found:
            _show(item, name, echo)


@app.command()
def accept(
    context: typer.Context,
    objects: Objects = None,
    all_: All = False,
    party: PartyOption = None,
    all_versions: Versions = False,
    ended: Annotated[
        bool, typer.Option("--ended", help="With --all: also what came under agreements that are over.")
    ] = False,
) -> None:
    """Take waiting objects into the holdings."""
    choice = Choice(objects or [], all_, party, all_versions, ended)
    with context.obj.node() as node:
        taken = node_inbox.accept(node, choice)
    screen.say(f"Accepted {screen.count(taken.count, 'object')} into the holdings.")
    for one in taken.left:
        screen.remark(
            f"Left waiting: {screen.count(one.count, 'object')} of agreement {screen.short(one.agreement)} "
            f"({one.title}), which is {one.state} and asks for their destruction. "
            "Refuse them, or take them over with --ended."
        )


@app.command()
def refuse(
    context: typer.Context,
    objects: Objects = None,
    all_: All = False,
    party: PartyOption = None,
    all_versions: Versions = False,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="For our own records; the counterpart is told nothing.")
    ] = "",
) -> None:
    """Refuse waiting objects; the refusal is recorded."""
    choice = Choice(objects or [], all_, party, all_versions)
    with context.obj.node() as node:
        count = node_inbox.refuse(node, choice, reason)
    screen.say(f"Refused {screen.count(count, 'object')}.")


@app.command()
def refusals(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, metavar="NUMBER", help="How many, newest first.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """List what was refused, and why: for our own eyes."""
    with context.obj.node() as node:
        rows = node_inbox.refusals(node, limit)
    if as_json:
        screen.print_json(rows)
        return
    screen.table(
        ("when", "what", "rule", "why"),
        (
            (row.at.strftime("%Y-%m-%d %H:%M"), screen.short_subject(row.subject), row.rule, row.message)
            for row in rows
        ),
        "Nothing was refused.",
    )


@rules_app.command("list")
def rules_list(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the standing rules."""
    with context.obj.node() as node:
        rules = node_inbox.rules(node)
    if as_json:
        screen.print_json(rules)
        return
    screen.table(
        ("rule", "from", "type", "up to"),
        ((r.number, r.party_name or "anyone", r.type or "any", r.tlp_max or "any mark") for r in rules),
        "There is no rule: everything waits.",
    )


@rules_app.command("add")
def rules_add(
    context: typer.Context,
    party: Annotated[str | None, typer.Option("--party", metavar="PARTY", help="Only from this counterpart.")] = None,
    type_: Annotated[str | None, typer.Option("--type", metavar="TYPE", help="Only this STIX type.")] = None,
    tlp_max: Annotated[str | None, typer.Option(metavar="LEVEL", help="Only up to this TLP level.")] = None,
) -> None:
    """Accept on its own what matches and shows nothing suspicious."""
    with context.obj.node() as node:
        rule = node_inbox.add_rule(node, party, type_, tlp_max)
    what = f"every {type_}" if type_ else "everything"
    whom = f"from {party}" if party else "from anyone"
    level = f", up to TLP {rule.tlp_max}" if rule.tlp_max else ""
    screen.say(f"Rule {rule.number}: {what} {whom}{level} is accepted on its own, unless vetting notices something.")


@rules_app.command("remove")
def rules_remove(
    context: typer.Context, number: Annotated[int, typer.Argument(metavar="NUMBER", help="As listed.")]
) -> None:
    """Remove a standing rule."""
    with context.obj.node() as node:
        node_inbox.drop_rule(node, number)
    screen.say(f"Rule {number} removed.")


def _flags(item: InboxItem, echo: EchoView | None) -> Iterator[str]:
    """What to look at, in a word each; of an echo its tier."""
    names = dict.fromkeys(flag for flag, _ in item.flags)
    if echo is not None and echo.tier != "none":
        yield f"echo: {echo.tier}"
        names.pop("echo", None)
    yield from names


def _show(item: InboxItem, name: str, echo: EchoView | None) -> None:
    view = _view(item, name, echo)
    screen.say(item.object_id)
    for label in ("number", "type", "source", "modified", "tlp", "agreement", "envelope"):
        screen.say(f"  {label:<10}{view[label]}")
    screen.say(f"  {'received':<10}{screen.moment(item.received_at)}")
    if item.reduced:
        screen.say(f"  {'reduced':<10}the sender left something out")
    for flag, why in item.flags:
        screen.say(f"  {'look at':<10}{flag}: {printable(why, 400)}")
    for label, line in screen.echo_lines(echo.lines if echo else ()):
        screen.say(f"  {label:<10}{line}")
    screen.print_json(node_inbox.content(item))


def _view(item: InboxItem, source: str, echo: EchoView | None) -> dict[str, object]:
    return {
        "id": item.object_id,
        "number": item.number,
        "type": item.type,
        "source": source,
        "modified": item.version,
        "tlp": item.tlp,
        "agreement": item.agreement,
        "envelope": item.envelope,
        "reduced": item.reduced,
        "received": item.received_at,
        "flags": [{"flag": flag, "why": why} for flag, why in item.flags],
        "echo": echo and echo.as_json(),
    }
