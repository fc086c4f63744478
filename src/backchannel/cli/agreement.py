"""`backchannel agreement`: write terms, propose, accept, amend, end."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from backchannel.cli import screen
from backchannel.cli.context import JsonOption
from backchannel.cli.exchange import AgreementArgument
from backchannel.core.agreement import State
from backchannel.flow.ports import AgreementRow
from backchannel.node import agreements

app = typer.Typer(
    no_args_is_help=True, help="Agreements: what may cross, signed by both parties, or with a guest by us alone."
)

OneSidedOption = Annotated[
    bool,
    typer.Option("--one-sided", help="A guest signs nothing: our signature alone is meant to be enough."),
]

TermsArgument = Annotated[Path, typer.Argument(metavar="TERMS", help="A TOML file; `agreement template` prints one.")]


@app.command()
def template(
    threat: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A threat to name in it. Repeatable.")
    ] = None,
) -> None:
    """Print a commented terms file, valid once `threats` is filled in."""
    sys.stdout.write(agreements.template(threat or []))


@app.command()
def propose(
    context: typer.Context,
    terms: TermsArgument,
    to: Annotated[str, typer.Option(metavar="PARTY", help="The counterpart.")],
    one_sided: OneSidedOption = False,
    as_json: JsonOption = False,
) -> None:
    """Sign terms and offer them to a counterpart; `sync` carries the offer.

    A guest has no node and signs nothing: with one they are in force at once, by our signature alone.
    """
    with context.obj.node() as node:
        row, notes = agreements.propose(node, terms, to, one_sided=one_sided)
    for note in notes:
        screen.remark(note)
    if as_json:
        screen.print_json({"id": row.id, "state": State(row.state).shown, "notes": notes})
        return
    if one_sided:
        screen.say(f"In force, signed by us alone: {screen.short(row.id)} “{row.title}”.")
        screen.remark(
            f"Next: backchannel preview {screen.short(row.id)} --list, then "
            f"backchannel taxii user add NAME --agreement {screen.short(row.id)} --read --write"
        )
        return
    screen.say(f"Proposed agreement {screen.short(row.id)} “{row.title}”.")
    screen.remark("Next: backchannel sync")


@app.command("list")
def list_(context: typer.Context, as_json: JsonOption = False) -> None:
    """List all agreements and proposals."""
    with context.obj.node() as node:
        views = agreements.all_agreements(node)
    if as_json:
        screen.print_json(views)
        return
    screen.table(
        ("id", "title", "state", "with", "proposed by", "until"),
        ((screen.short(v.id), v.title, _state(v), v.with_, v.proposed_by, v.valid_until[:10]) for v in views),
        "There is no agreement. Start with: backchannel agreement template > terms.toml",
    )


@app.command()
def show(context: typer.Context, agreement: AgreementArgument, as_json: JsonOption = False) -> None:
    """Show an agreement as prose, and which held threats its names stand for."""
    with context.obj.node() as node:
        view, prose, notes = agreements.show(node, agreement)
    if as_json:
        screen.print_json({**view.as_json(), "prose": prose, "notes": notes})
        return
    screen.say(prose)
    for note in notes:
        screen.say(f"Note: {note}")


@app.command()
def accept(context: typer.Context, agreement: AgreementArgument) -> None:
    """Sign a proposal, or a proposed amendment, of the counterpart; `sync` carries the answer."""
    with context.obj.node() as node:
        row, notes = agreements.accept(node, agreement)
    for note in notes:
        screen.remark(note)
    _said("In force", row)


@app.command()
def decline(context: typer.Context, agreement: AgreementArgument) -> None:
    """Decline a proposal or amendment of the counterpart, or withdraw our own."""
    with context.obj.node() as node:
        row, what = agreements.decline(node, agreement)
    _said(what, row)


@app.command()
def end(context: typer.Context, agreement: AgreementArgument) -> None:
    """End an agreement. Nothing is released under it from this moment."""
    with context.obj.node() as node:
        row = agreements.end(node, agreement)
        guest = agreements.is_with_guest(node, row)
    _said("Ended", row, carried=not guest)


@app.command()
def amend(
    context: typer.Context, agreement: AgreementArgument, terms: TermsArgument, one_sided: OneSidedOption = False
) -> None:
    """Propose new terms for an agreement in force. What narrows holds at once; what widens needs both signatures.

    With a guest, who signs nothing, new terms hold at once whatever they do; say --one-sided for those that widen.
    """
    with context.obj.node() as node:
        row, change = agreements.amend(node, agreement, terms, one_sided=one_sided)
        guest = agreements.is_with_guest(node, row)
    for line in change.narrowed:
        screen.say(f"narrower: {line}")
    for line in change.widened:
        screen.say(f"wider:    {line}")
    if guest:
        screen.say("In force from now on, signed by us alone.")
    elif row.pending is not None:
        screen.say("Waits for the counterpart's signature.")
    else:
        screen.say("In force for what we send, from now on.")


@app.command()
def pin(
    context: typer.Context,
    agreement: AgreementArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A threat name of the agreement.")],
    object_id: Annotated[str, typer.Argument(metavar="OBJECT", help="The held threat it stands for.")],
) -> None:
    """Say which of our threats a name of the agreement stands for, where several bear it."""
    with context.obj.node() as node:
        pinned = agreements.pin(node, agreement, name, object_id)
    screen.say(f"“{name}” stands for {pinned}.")


def _state(view: agreements.AgreementView) -> str:
    return f"{view.state}, signed by us alone" if view.guest else view.state


def _said(word: str, row: AgreementRow, *, carried: bool = True) -> None:
    screen.say(f"{word}: {screen.short(row.id)} “{row.title}”.")
    if carried:
        screen.remark("Next: backchannel sync")
