"""`backchannel channel`: what of our envelopes arrived, and what of theirs did here."""

from typing import Annotated

import typer

from backchannel.cli import screen
from backchannel.cli.context import JsonOption
from backchannel.node.channel_status import status as node_status

app = typer.Typer(no_args_is_help=True, help="Channels: what was offered, received and is overdue.")


@app.command()
def status(
    context: typer.Context,
    party: Annotated[str | None, typer.Option(metavar="PARTY", help="Only channels with this counterpart.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what of our envelopes has receipts, what is overdue, and what came in."""
    with context.obj.node() as node:
        found = node_status(node, party)
        after = node.settings.resend_after_seconds
    if as_json:
        screen.print_json(found)
        return
    screen.table(
        ("with", "about", "sent", "no receipt", "overdue", "not carried", "came in"),
        (
            (
                one.party,
                one.title if one.agreement is None else f"{one.title} ({screen.short(one.agreement)})",
                one.offered,
                one.unanswered or "",
                one.overdue or "",
                one.waiting or "",
                one.arrived,
            )
            for one in found
        ),
        "There are no channels: enrol a counterpart first.",
    )
    late = [one for one in found if one.oldest_overdue is not None]
    for one in late:
        if one.oldest_overdue is not None:
            screen.remark(f"{one.party}: no receipt since {screen.moment(one.oldest_overdue)} for “{one.title}”")
    if late:
        screen.remark(f"Overdue is what left more than {after:,} seconds ago. It is offered again with each sync.")
