"""`backchannel card`: one's own public identity."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from backchannel.cli import screen
from backchannel.cli.context import JsonOption
from backchannel.core.identity import fingerprint_words
from backchannel.node import renewal
from backchannel.node.parties import read_card_file

app = typer.Typer(no_args_is_help=True, help="Key cards: signed public identities.")


@app.command()
def export(context: typer.Context) -> None:
    """Print our key card, to be sent to a counterpart."""
    with context.obj.node() as node:
        sys.stdout.buffer.write(node.card_bytes)


@app.command()
def show(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="CARD", help="A card file; without it our own card.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show a card and its fingerprint words, to be compared by voice."""
    if file is None:
        with context.obj.node() as node:
            card = node.us.card
    else:
        card = read_card_file(file)[1]
    words = fingerprint_words(card.key)
    now = card.current_words if card.former else None
    if as_json:
        screen.print_json(
            {
                "name": card.name,
                "key": card.key,
                "words": words,
                "endpoints": card.endpoints,
                "tls_pin": card.tls_pin,
                "epoch": card.sealing.epoch,
                "generation": card.generation,
                "rekeyed": card.rekeyed,
                "current_words": card.current_words,
            }
        )
        return
    screen.say(card.name)
    screen.say(f"  key    {card.key}")
    screen.say(f"  words  {' '.join(words)}")
    if now is not None:
        screen.say(f"  now    {' '.join(now)}")
        screen.say(
            f"         new keys since {card.rekeyed:%Y-%m-%d}, signed by the old ones; compare the words `now`"
        )
    screen.say(f"  epoch  {card.sealing.epoch}")
    for endpoint in card.endpoints:
        screen.say(f"  at     {endpoint}")


@app.command()
def rotate(context: typer.Context) -> None:
    """Make a new sealing key now, and tell every counterpart. A sync does so on its own when the key is old."""
    with context.obj.node() as node:
        card = renewal.rotate(node).us.card
        days = node.settings.sealing_window_days
    screen.say(f"Our sealing key is that of epoch {card.sealing.epoch} now.")
    screen.say(f"The one before is kept for {days} days, for what is on its way, and then destroyed.")
    screen.remark("Next: `backchannel sync` carries the new card to the counterparts.")
