"""`backchannel party`: the counterparts of this node."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from backchannel.cli import screen
from backchannel.cli.context import JsonOption
from backchannel.core.identity import fingerprint_words
from backchannel.flow.ports import Party
from backchannel.node import guests, parties

app = typer.Typer(no_args_is_help=True, help="Counterparts: enrol a card, verify it by voice, see who there is.")

PartyArgument = Annotated[str, typer.Argument(metavar="PARTY", help="Name, or the beginning of the key.")]


@app.command()
def add(
    context: typer.Context,
    card: Annotated[Path, typer.Argument(metavar="CARD", help="The counterpart's card file.")],
    carrier: Annotated[
        str, typer.Option(metavar="CARRIER", help="folder:PATH, https://HOST:PORT, or self (they fetch from us).")
    ],
) -> None:
    """Enrol a counterpart by its key card. Repeat it to change the carrier."""
    with context.obj.node() as node:
        party = parties.add(node, card, carrier)
    screen.say(f"Enrolled {party.name}, reached by {party.carrier}.")
    screen.say(f"Key card words: {' '.join(fingerprint_words(party.key))}")
    if not party.verified:
        screen.remark("Compare the words by voice, then: backchannel party verify PARTY WORDS")


@app.command("add-guest")
def add_guest(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What we call it.")],
) -> None:
    """Enrol a counterpart without a node: it reads and posts over TAXII, signs nothing and proves nothing."""
    with context.obj.node() as node:
        party = guests.add(node, name)
    screen.say(f"Enrolled {party.name} as a guest. It has no key card, and nothing of it can be verified.")
    screen.remark(f"Next: backchannel agreement propose TERMS --to {shlex.quote(party.name)} --one-sided")


@app.command("rename-guest")
def rename_guest(
    context: typer.Context,
    party: PartyArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What we call it from now on.")],
) -> None:
    """Give a guest another name. If it has got a node, the party can then be enrolled by its card beside it."""
    with context.obj.node() as node:
        renamed = guests.rename(node, party, name)
    screen.say(f"The guest is called {renamed.name} now. Its agreements and what it sent stay with it.")


@app.command("list")
def list_(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the enrolled counterparts."""
    with context.obj.node() as node:
        rows = parties.all_parties(node)
    if as_json:
        screen.print_json(
            [
                {
                    "key": p.key,
                    "name": p.name,
                    "carrier": None if p.is_guest else p.carrier,
                    "verified": p.verified,
                    "guest": p.is_guest,
                    "added": p.added_at,
                }
                for p in rows
            ]
        )
        return
    screen.table(
        ("key", "name", "carrier", "verified"),
        ((screen.short(p.key), p.name, *_reached(p)) for p in rows),
        "No counterpart is enrolled. Start with: backchannel party add CARD --carrier CARRIER",
    )


def _reached(party: Party) -> tuple[str, str]:
    """How a party is reached, and whether it is verified."""
    if party.is_guest:
        return "TAXII only", "never: a guest"
    return party.carrier, "yes" if party.verified else "no"


@app.command()
def verify(
    context: typer.Context,
    party: PartyArgument,
    words: Annotated[
        list[str], typer.Argument(metavar="WORD", help="The twelve words as the counterpart read them out.")
    ],
) -> None:
    """Compare fingerprint words with those the counterpart reads out."""
    with context.obj.node() as node:
        verified = parties.verify(node, party, " ".join(words))
    screen.say(f"The words are those of {verified.name}'s card: marked as verified.")
