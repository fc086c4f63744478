"""`backchannel ledger`: our append-only log, verified, proven to others, and what others showed of theirs."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from backchannel.cli import screen
from backchannel.cli.context import JsonOption
from backchannel.core.identity import KeyCard, fingerprint_words
from backchannel.core.stix import format_timestamp
from backchannel.node import ledger as node_ledger

app = typer.Typer(no_args_is_help=True, help="The ledger: what was agreed, sent and received, witnessed by others.")

Entry = Annotated[
    str, typer.Argument(metavar="ENTRY", help="Its number, or 16 digits or more of the hash that it is about.")
]
Out = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to write it.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="The file that was given to you.")]


@app.command()
def verify(
    context: typer.Context,
    since: Annotated[int, typer.Option(metavar="SIZE", help="Only entries from this size on.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Check that nothing in our ledger was changed, and how much of it counterparts have cosigned."""
    with context.obj.node() as node:
        found = node_ledger.verify(node, since)
        views = node_ledger.witnesses(node)
    if as_json:
        screen.print_json(
            {"size": found.size, "root": found.root, "ok": found.ok, "witnessed_size": found.witnessed_size}
        )
    else:
        what = "Nothing in the ledger was changed" if found.ok else "The ledger is NOT what it was"
        screen.say(f"{what}: {screen.count(found.size, 'entry', 'entries')}, root {found.root[:16]}…")
        for view in views:
            screen.say(f"  {view.party}: {_witnessed(view)}")
        if not views:
            screen.say("  No counterpart has been shown it yet: they are with the next sync.")
    for problem in found.problems:
        screen.remark(problem)
    if not found.ok:
        raise typer.Exit(screen.EXIT_FAILED)


def _witnessed(view: node_ledger.WitnessView) -> str:
    ours = f"cosigned ours up to {view.cosigned}" if view.cosigned else "has not cosigned ours yet"
    theirs = f"we hold theirs up to {view.held}" if view.held else "it has not shown us its own"
    trouble = f"; the last that it showed was not taken: {view.problem}" if view.problem else ""
    accused = f". It signed two histories: backchannel ledger accuse {view.key[:12]}" if view.accused else ""
    return f"{ours}; {theirs}{trouble}{accused}"


@app.command()
def show(context: typer.Context, entry: Entry, as_json: JsonOption = False) -> None:
    """Show what an entry says, and the record behind it."""
    with context.obj.node() as node:
        found = node_ledger.show(node, entry)
    if as_json:
        screen.print_json(found)
        return
    for one in found:
        screen.say(f"{one.index}: {one.kind}")
        for name, value in one.hashes.items():
            screen.say(f"  {name:<10} {value}")
            if name in one.known:
                screen.say(f"  {'':<10} {one.known[name]}")
        if one.record is not None:
            _say_record(msgspec.json.decode(one.record))


@app.command()
def prove(context: typer.Context, entry: Entry, output: Out = None) -> None:
    """Write a file that proves an entry to anybody, without our ledger."""
    with context.obj.node() as node:
        found, data = node_ledger.prove(node, entry)
    _write(data, output)
    screen.remark(f"Entry {found.index} ({found.kind}); whoever has the file: backchannel ledger check FILE")


@app.command()
def check(file: File, as_json: JsonOption = False) -> None:
    """Check a proof file that somebody gave you. Needs no node and no network."""
    found = node_ledger.check(file)
    entry, head = found.entry, found.proven.head
    if as_json:
        screen.print_json(
            {
                "index": found.proven.index,
                "kind": entry.kind.name.lower(),
                "hashes": {name: value.hex() for name, value in entry.named.items()},
                "size": head.size,
                "root": head.root.hex(),
                "owner": _whose(found.owner),
                "witnesses": [_whose(card) | {"at": format_timestamp(at)} for card, at in found.witnesses],
            }
        )
        return
    screen.say(f"Entry {found.proven.index} ({entry.kind.name.lower()}) stands in the ledger of {found.owner.name}.")
    for name, value in entry.named.items():
        screen.say(f"  {name:<10} {value.hex()}")
    screen.say(f"  its words  {' '.join(fingerprint_words(found.owner.key))}")
    for card, at in found.witnesses:
        screen.say(f"Cosigned at size {head.size} by {card.name}, {screen.moment(at)}.")
        screen.say(f"  its words  {' '.join(fingerprint_words(card.key))}")
    if not found.witnesses:
        screen.say(f"No witness has cosigned it: only {found.owner.name} says that it was so at size {head.size}.")
    screen.remark("Compare the words with the parties by voice: the file itself could be anybody's.")


@app.command()
def accuse(
    context: typer.Context,
    party: Annotated[str, typer.Argument(metavar="PARTY", help="Name or key of the counterpart.")],
    output: Out = None,
) -> None:
    """Write a file that proves to anybody that a counterpart signed two histories."""
    with context.obj.node() as node:
        data = node_ledger.accuse(node, party)
    _write(data, output)
    screen.remark("Whoever has the file: backchannel ledger check-accusation FILE")


@app.command("check-accusation")
def check_accusation(file: File, as_json: JsonOption = False) -> None:
    """Check an accusation that somebody gave you. Needs no node and no network."""
    card, found = node_ledger.check_accusation(file)
    if as_json:
        roots = [found.one.root.hex(), found.other.root.hex()]
        screen.print_json({"accused": _whose(card), "size": found.one.size, "roots": roots})
        return
    screen.say(f"{card.name} signed two histories of its ledger, both of {found.one.size} entries:")
    screen.say(f"  {found.one.root.hex()}")
    screen.say(f"  {found.other.root.hex()}")
    screen.say(f"  its words  {' '.join(fingerprint_words(card.key))}")
    screen.remark("Either it keeps two books, or somebody else has its keys. Compare the words by voice.")


def _say_record(record: dict[str, object]) -> None:
    """The record behind an entry, what it lists one a line."""
    screen.say("  record")
    for name, value in record.items():
        if not isinstance(value, list):
            screen.say(f"    {name:<10} {value}")
    for name, value in record.items():
        if isinstance(value, list):
            screen.say(f"    {name:<10} {len(value):,}")
            for item in value:
                screen.say(f"      {' '.join(map(str, item)) if isinstance(item, list) else item}")


def _whose(card: KeyCard) -> dict[str, object]:
    return {"name": card.name, "key": card.key, "words": fingerprint_words(card.key)}


def _write(data: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.buffer.write(data)
    else:
        output.write_bytes(data)
        screen.say(f"Wrote {output}.")
