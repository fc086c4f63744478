"""`backchannel retention`: how long agreements let us keep what came in, carrying that out, and what is gone."""

from typing import Annotated

import msgspec
import typer

from backchannel.cli import screen
from backchannel.cli.context import JsonOption
from backchannel.flow.ports_retention import Tombstone
from backchannel.node import retention

app = typer.Typer(no_args_is_help=True, help="How long what came in is kept: what is due, doing it, what is gone.")

BECAUSE = {
    "recall": "its source recalled it",
    "age": "it was older than the agreement allows",
    "end": "the agreement is over",
}


@app.command()
def show(context: typer.Context, as_json: JsonOption = False) -> None:
    """Show what each agreement says of what came under it, and how much of that must go now."""
    with context.obj.node() as node:
        found = retention.overview(node)
    if as_json:
        screen.print_json(found)
        return
    screen.table(
        ("agreement", "with", "state", "days", "at its end", "due now"),
        (
            (screen.short(one.agreement), one.with_, one.state, one.destroy_after_days, one.on_end, one.due)
            for one in found.agreements
        ),
        "There is no agreement under which anything could have come.",
    )
    if found.last_pass:
        screen.say(f"Carried out last: {screen.moment(found.last_pass)}")
    if found.clock_in_doubt:
        screen.remark("That is long ago. If this clock is right: backchannel retention run --clock-is-right")


@app.command()
def run(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how much would go.")] = False,
    clock_is_right: Annotated[
        bool, typer.Option("--clock-is-right", help="Go by this machine's clock although the last pass was long ago.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Destroy the content of what must go by now. `sync` and `serve` do that by themselves."""
    with context.obj.node() as node:
        if dry_run:
            due = sum(one.due for one in retention.overview(node).agreements)
            result = {"destroyed": 0, "kept": 0, "due": due, "values": 0}
        else:
            done = retention.run_by_hand(node, clock_is_right=clock_is_right)
            result = {"destroyed": done.destroyed, "kept": done.moved, "due": 0, "values": done.values}
    if as_json:
        screen.print_json(result)
    elif dry_run:
        screen.say(f"Would destroy {screen.count(result['due'], 'object version')}.")
    else:
        kept = f" {result['kept']:,} stay under another agreement." if result["kept"] else ""
        values = screen.count(result["values"], "value")
        matched = f" Let go of {values} that matching had found or looked up." if result["values"] else ""
        screen.say(f"Destroyed {screen.count(result['destroyed'], 'object version')}.{kept}{matched}")


@app.command()
def gone(
    context: typer.Context,
    object_id: Annotated[
        str | None, typer.Argument(metavar="OBJECT", help="Only this object: an id or the beginning of one.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="NUMBER", help="How many, newest first.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """List what was withdrawn or destroyed, and why: everything that is left of it."""
    with context.obj.node() as node:
        found = retention.tombstones(node, object_id, limit)
    if as_json:
        screen.print_json([msgspec.structs.asdict(one) for one in found])
        return
    screen.table(
        ("when", "object", "version", "source", "why", "sha-256"),
        (
            (
                screen.moment(one.gone_at),
                screen.short_object(one.object_id),
                one.version,
                one.source_name,
                BECAUSE[one.cause],
                screen.short(one.sha256),
            )
            for one in found
        ),
        "Nothing is gone.",
    )


def sentence(one: Tombstone) -> str:
    """What became of an object version, as a sentence."""
    version = f" of {one.version}" if one.version else ""
    since = f"is gone since {screen.moment(one.gone_at)}: {BECAUSE[one.cause]}"
    return f"the version{version} from {one.source_name} {since}"
