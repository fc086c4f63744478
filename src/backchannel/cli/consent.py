"""`backchannel consent`: who asks to pass our objects on, what we asked for, and saying yes or no."""

from typing import Annotated

import typer

from backchannel.cli import screen
from backchannel.cli.context import JsonOption, moment_of
from backchannel.core.text import printable
from backchannel.node import consents as node_consents
from backchannel.node.consents import RequestView

app = typer.Typer(no_args_is_help=True, help="Consent to pass objects on: asked for, granted, refused.")

RequestArgument = Annotated[
    str, typer.Argument(metavar="REQUEST", help="A request's id or an unambiguous beginning of it.")
]
ItemOption = Annotated[
    list[str] | None,
    typer.Option("--item", metavar="ITEM", help="Only this object: its number in `show`, or its id. Repeatable."),
]

_ROLES = {"ours": "we asked", "theirs": "asks us", "relayed": "we asked on"}


@app.command("list")
def list_(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, metavar="NUMBER", help="How many, newest first.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """List requests for consent, ours and those of others, newest first."""
    with context.obj.node() as node:
        found = node_consents.requests(node, limit)
    if as_json:
        screen.print_json(found)
        return
    screen.table(
        ("request", "who", "objects", "for", "state", "until"),
        (
            (
                screen.short(one.id),
                f"{one.party}: {_ROLES[one.role]}",
                len(one.items),
                _recipient(one),
                one.state,
                screen.moment(one.until) if one.until else "",
            )
            for one in found
        ),
        "Nobody asked for consent.",
    )


@app.command()
def show(context: typer.Context, request: RequestArgument, as_json: JsonOption = False) -> None:
    """Show one request: which objects, for whom, and what became of each."""
    with context.obj.node() as node:
        found = node_consents.find(node, request)
        held = node_consents.contents(node, found)
    if as_json:
        screen.print_json(found)
        return
    screen.say(found.id)
    screen.say(f"  {'who':<10}{printable(found.party, 200)}: {_ROLES[found.role]}")
    screen.say(f"  {'agreement':<10}{found.agreement}")
    screen.say(f"  {'for':<10}{printable(_recipient(found), 200)}")
    if found.by:
        screen.say(f"  {'wanted by':<10}{printable(found.by, 200)}, as {printable(found.party, 200)} says")
    screen.say(f"  {'asked':<10}{screen.moment(found.asked)}")
    screen.table(
        ("item", "object", "what", "version", "state", "until"),
        (
            (
                one.number,
                screen.short_object(one.id),
                screen.title(held[one.number]) if one.number in held else "(not held)",
                one.version,
                f"{one.state}, asked on" if one.asked_on and one.state == "asked" else one.state,
                screen.moment(one.until) if one.until else "",
            )
            for one in found.items
        ),
        "It has no items.",
    )


@app.command()
def grant(
    context: typer.Context,
    request: RequestArgument,
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Until when (ISO 8601, UTC); by default as long as the agreement holds."),
    ] = None,
    item: ItemOption = None,
    onward: Annotated[
        str, typer.Option(metavar="WORD", help="What the recipient may do in turn: never pass it on, or ask.")
    ] = "never",
) -> None:
    """Consent: the objects may be passed on to that one recipient."""
    with context.obj.node() as node:
        count, end = node_consents.grant(node, request, item or (), until=moment_of(until, "--until"), onward=onward)
    screen.say(f"Consented to {screen.count(count, 'object')} until {screen.moment(end)}.")
    screen.remark("Next: backchannel sync")


@app.command()
def refuse(context: typer.Context, request: RequestArgument, item: ItemOption = None) -> None:
    """Refuse consent. Whoever asks is told no, and no reason."""
    with context.obj.node() as node:
        count = node_consents.refuse(node, request, item or ())
    screen.say(f"Refused consent to {screen.count(count, 'object')}.")
    screen.remark("Next: backchannel sync")


def _recipient(one: RequestView) -> str:
    return one.to or f"somebody who is not named ({screen.short(one.recipient)})"
