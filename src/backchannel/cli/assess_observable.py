"""What is known of a value by how many independent origins, with every reason: for `assess`, and for `holdings`."""

from collections.abc import Iterator

import typer

from backchannel.cli import screen
from backchannel.core.text import printable
from backchannel.node import origins as node_origins
from backchannel.node.origins import OriginsView, OriginView

MOST_ORIGINS = 20
"""Origins that are printed; JSON has all."""

MOST_TELLERS = 5
"""Tellers of one origin that are named."""


def show_observable(context: typer.Context, value: str, as_json: bool) -> None:
    """Print how many independent origins a value has, who they are and why, and what is held that tells it."""
    with context.obj.node() as node:
        found = node_origins.of_value(node, value)
    if as_json:
        screen.print_json(found)
        return
    screen.say(printable(f"{found.type} {found.value}", 400))
    if not found.objects:
        screen.say("  Nothing held tells this value.")
        return
    for label, what in origin_lines(found.origins):
        screen.say(f"  {label:<10}{printable(what, 400)}")
    screen.table(
        ("object", "source"), ((screen.short_object(one.id), one.source) for one in found.objects[:MOST_ORIGINS]), ""
    )
    if len(found.objects) > MOST_ORIGINS:
        screen.remark(f"… and {screen.count(len(found.objects) - MOST_ORIGINS, 'more object')}; --json lists all")


def origin_lines(found: OriginsView) -> Iterator[tuple[str, str]]:
    """The count in words, then a line for each origin, as (label, text)."""
    yield "origins", found.sentence
    for one in found.origins[:MOST_ORIGINS]:
        yield "", _line(one)
    if len(found.origins) > MOST_ORIGINS:
        yield "", f"… and {len(found.origins) - MOST_ORIGINS:,} more; --json lists all"
    if found.echoes:
        yield "echo", f"{', '.join(found.echoes[:MOST_TELLERS])} handed back what we gave: no origin"


def _line(one: OriginView) -> str:
    others = [name for name in one.tellers if name != one.name]
    more = f" and {len(others) - MOST_TELLERS:,} more" if len(others) > MOST_TELLERS else ""
    told = f"; told by {', '.join(others[:MOST_TELLERS])}{more}" if others else ""
    doubt = "" if one.established else "not established: "
    return f"{one.name}: {doubt}{one.why}{told}"
