"""`backchannel party`: the counterparts of this node."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from backchannel.cli import party_record, screen
from backchannel.cli.context import JsonOption
from backchannel.core.identity import fingerprint_words
from backchannel.flow.ports import Party
from backchannel.node import guests, parties, renewal

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
        compare_again = {p.key: not p.is_guest and parties.keys_of(node, p).to_compare for p in rows}
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
                    "compare_again": compare_again[p.key],
                }
                for p in rows
            ]
        )
        return
    screen.table(
        ("key", "name", "carrier", "verified"),
        ((screen.short(p.key), p.name, *_reached(p, compare_again=compare_again[p.key])) for p in rows),
        "No counterpart is enrolled. Start with: backchannel party add CARD --carrier CARRIER",
    )


app.command("record")(party_record.record)


def _reached(party: Party, *, compare_again: bool) -> tuple[str, str]:
    """How a party is reached, and whether it is verified."""
    if party.is_guest:
        return "TAXII only", "never: a guest"
    if compare_again:
        return party.carrier, "rekeyed: compare again"
    return party.carrier, "yes" if party.verified else "no"


@app.command()
def show(context: typer.Context, party: PartyArgument, as_json: JsonOption = False) -> None:
    """Show a counterpart: its keys, since when it has them, and what speaks against them."""
    with context.obj.node() as node:
        with node.db.read() as tx:
            found = parties.find_party(tx, party)
        known = None if found.is_guest else parties.keys_of(node, found)
    if as_json:
        screen.print_json(_as_json(found, known))
        return
    screen.say(found.name)
    screen.say(f"  key       {found.key}")
    carrier, verified = _reached(found, compare_again=known is not None and known.to_compare)
    screen.say(f"  carrier   {carrier}")
    screen.say(f"  verified  {verified}")
    if known is None:
        return
    screen.say(f"  words     {' '.join(fingerprint_words(found.key))}")
    screen.say(f"  epoch     {known.card.sealing.epoch}")
    if known.card_acknowledged is not None:
        screen.say(
            f"  our card  {'the newest has arrived' if known.card_acknowledged else 'no receipt for the newest'}"
        )
    if known.rekeyed is not None:
        screen.say(f"  now       {' '.join(known.card.current_words)}")
        screen.say(f"  new keys  since {known.rekeyed.at:%Y-%m-%d}, signed by the old ones")
    if known.to_compare:
        screen.remark(
            "Whoever had the old keys could have signed. Compare the words `now` by voice, then: "
            "backchannel party verify PARTY WORDS"
        )
    if known.contested:
        screen.remark(
            f"{screen.count(known.contested, 'card')} on record with other successors of its keys: somebody else had "
            "them. Believe neither, and speak with the counterpart."
        )


def _as_json(party: Party, known: parties.Keys | None) -> dict[str, object]:
    rekeyed = known.rekeyed if known else None
    return {
        "key": party.key,
        "name": party.name,
        "carrier": None if party.is_guest else party.carrier,
        "verified": party.verified,
        "guest": party.is_guest,
        "added": party.added_at,
        "words": fingerprint_words(party.key) if known else (),
        "current_words": known.card.current_words if known else (),
        "epoch": known.card.sealing.epoch if known else None,
        "generation": known.card.generation if known else None,
        "rekeyed": rekeyed and rekeyed.at,
        "compare_again": known is not None and known.to_compare,
        "contested": known.contested if known else 0,
        "card_acknowledged": known.card_acknowledged if known else None,
    }


@app.command()
def rekey(context: typer.Context) -> None:
    """Replace all our own long-term keys. We stay the same party, agreements go on, and the old keys sign the new.
    Every counterpart will have to compare words again."""
    with context.obj.node() as node:
        card = renewal.rekey(node).us.card
        days = node.settings.sealing_window_days
    screen.say(f"We have new keys, number {card.generation}. The old signing keys are destroyed.")
    screen.say(f"What is needed to receive what is on its way is kept for {days} days.")
    screen.say(f"Words of the new keys: {' '.join(card.current_words)}")
    screen.remark("Next: `backchannel sync` tells the counterparts; then read them the new words by voice.")


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
