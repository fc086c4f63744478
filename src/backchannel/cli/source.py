"""`backchannel source`: how reliable our sources are, by our own record."""

from typing import Annotated

import typer

from backchannel.cli import screen
from backchannel.cli.context import JsonOption
from backchannel.core.text import printable
from backchannel.node import sources
from backchannel.node.sources import Source

app = typer.Typer(
    no_args_is_help=True, help="Sources: how reliable each is, from A to F, by this node's own record (default F)."
)

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="An outlet, an agency, an organisation, a person; a party with --party.")
]
PartyOption = Annotated[
    bool, typer.Option("--party", help="NAME is an enrolled party, known by its key whatever it calls itself.")
]


@app.command()
def grade(
    context: typer.Context,
    name: NameArgument,
    letter: Annotated[
        str, typer.Argument(metavar="LETTER", help="A completely reliable … E unreliable; F cannot be judged.")
    ],
    because: Annotated[str, typer.Option(metavar="TEXT", help="Why.")] = "",
    by: Annotated[str, typer.Option(metavar="NAME", help="Whose judgement it is.")] = "",
    party: PartyOption = False,
) -> None:
    """Put on record how reliable a source is. Earlier letters stay in its history."""
    with context.obj.node() as node:
        found = sources.grade(node, name, letter, because=because, by=by, party=party)
    before = f" It was {found.history[-2].letter}." if len(found.history) > 1 else ""
    screen.say(f"{printable(found.name, 200)}: {found.letter}, {found.words}.{before}")


@app.command("list")
def list_(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the sources on record; all others have the letter F."""
    with context.obj.node() as node:
        found = sources.sources(node)
    if as_json:
        screen.print_json(found)
        return
    screen.table(
        ("source", "kind", "letter", "meaning", "since", "because"),
        (
            (one.name, _kind(one), one.letter, one.words, screen.moment(last.at), last.because)
            for one in found
            for last in one.history[-1:]
        ),
        "No source is on record: all have the letter F. `backchannel source grade NAME LETTER` enters one.",
    )


@app.command()
def show(context: typer.Context, name: NameArgument, party: PartyOption = False, as_json: JsonOption = False) -> None:
    """Show the letter of a source, and every letter it had before."""
    with context.obj.node() as node:
        found = sources.source(node, name, party=party)
    if as_json:
        screen.print_json(found)
        return
    screen.say(f"{printable(found.name, 200)} ({_kind(found)}): {found.letter}, {found.words}")
    screen.table(
        ("when", "letter", "by", "because"),
        ((screen.moment(one.at), one.letter, one.by, one.because) for one in reversed(found.history)),
        "",
    )


def _kind(one: Source) -> str:
    return "party" if one.party else "name"
