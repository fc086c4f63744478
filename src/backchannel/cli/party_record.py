"""`backchannel party record`: what a counterpart's intelligence turned out to be, in numbers."""

from collections.abc import Sequence
from typing import Annotated

import typer

from backchannel.cli import screen
from backchannel.cli.context import JsonOption
from backchannel.core.text import printable
from backchannel.flow.ports import Party
from backchannel.flow.ports_echoes import RecordRow
from backchannel.node import echoes

_COLUMNS = ("type", "received", "new", "certain", "strong", "possible", "poison", "confirmed", "revoked")
_GIVEN_BY = "None of this sets the letter of a source: the analyst does, with `backchannel source grade`."


def record(
    context: typer.Context,
    party: Annotated[str, typer.Argument(metavar="PARTY", help="Name, or the beginning of the key.")],
    as_json: JsonOption = False,
) -> None:
    """Show what came of what a counterpart sent: new, echoes by tier, poison, confirmed, revoked."""
    with context.obj.node() as node:
        found, rows = echoes.record(node, party)
    if as_json:
        screen.print_json(_as_json(found, rows))
        return
    screen.say(f"What {printable(found.name, 60)} sent, in objects; certain, strong and possible are echoes.")
    screen.table(_COLUMNS, (_cells(row) for row in rows), "Nothing has come from it yet.")
    contested = sum(row.contested for row in rows)
    if contested:
        screen.say(f"Against {screen.count(contested, 'echo', 'echoes')} something speaks: see `holdings show`.")
    screen.remark(_GIVEN_BY)


def _cells(row: RecordRow) -> tuple[str, ...]:
    counts = (
        row.received, row.new, row.certain, row.strong, row.possible, row.poisoned, row.confirmed, row.revoked,
    )  # fmt: skip
    return row.type, *(f"{one:,}" if one else "-" for one in counts)


def _as_json(party: Party, rows: Sequence[RecordRow]) -> dict[str, object]:
    return {
        "party": party.name,
        "key": party.key,
        "types": [
            {
                "type": row.type,
                "received": row.received,
                "new": row.new,
                "echo": {"certain": row.certain, "strong": row.strong, "possible": row.possible},
                "contested": row.contested,
                "poisoned": row.poisoned,
                "confirmed": row.confirmed,
                "revoked": row.revoked,
            }
            for row in rows
        ],
    }
