"""`backchannel recall`: demand back what was released, and see who has withdrawn it.

`recall OBJECT` is short for `recall issue OBJECT`: no object's id is the name of a command.
"""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from backchannel.cli import screen
from backchannel.cli.context import JsonOption
from backchannel.node import recalls
from backchannel.node.recalls import HeardView, RecallView, RecipientView


class _Recall(TyperGroup):
    """A group whose first word may be an object instead of a command."""

    meant = "issue"
    """The command that is meant then."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put in the command that is meant."""
        if args and args[0] not in self.commands and not {"--help"} & set(args):
            args = [self.meant, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Recall,
    no_args_is_help=True,
    help="Demand back what was released: recall OBJECT --reason TEXT; who has withdrawn it; lift a recall.",
)

RecallArgument = Annotated[
    str, typer.Argument(metavar="RECALL", help="The id of a recall or of its object, or the beginning of one.")
]


@app.command()
def issue(
    context: typer.Context,
    object_id: Annotated[str, typer.Argument(metavar="OBJECT", help="An object of ours: id or beginning of one.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; everybody who got it reads this.")],
    as_json: JsonOption = False,
) -> None:
    """Recall an object of ours in all its versions: whoever got it is told to withdraw it. `recall OBJECT` is short
    for this."""
    with context.obj.node() as node:
        view, taken_back = recalls.recall(node, object_id, reason)
    if as_json:
        screen.print_json(view)
        return
    screen.say(f"Recalled {view.object_id}, as {screen.short(view.id)}. It is released no more.")
    if taken_back:
        screen.say(
            f"Took back {screen.count(taken_back, 'envelope')} that had not left; "
            "the next release seals what else was in there."
        )
    _recipients(view)
    if any(one.state == "waiting" for one in view.recipients):
        screen.remark("Next: backchannel sync")


@app.command("list")
def list_(context: typer.Context, as_json: JsonOption = False) -> None:
    """List all recalls: ours with how many have answered, and those of counterparts with what was withdrawn."""
    with context.obj.node() as node:
        found = recalls.everything(node)
    if as_json:
        screen.print_json(found)
        return
    screen.table(
        ("recall", "when", "whose", "object", "stands", "reason"),
        [*map(_our_row, found.ours), *map(_their_row, found.theirs)],
        "Nothing was recalled.",
    )


@app.command()
def show(context: typer.Context, recall: RecallArgument, as_json: JsonOption = False) -> None:
    """Show a recall of ours: everybody who got the object, what each has answered, and since when."""
    with context.obj.node() as node:
        view = recalls.find(node, recall)
    if as_json:
        screen.print_json(view)
        return
    screen.say(f"{view.id}: {view.object_id}")
    screen.say(f"  {'reason':<10}{view.reason}")
    screen.say(f"  {'recalled':<10}{screen.moment(view.at)}")
    if view.passed_on_from:
        screen.say(f"  {'passed on':<10}{view.passed_on_from} recalled it")
    if view.lifted:
        screen.say(f"  {'lifted':<10}{screen.moment(view.lifted)}")
    _recipients(view)


@app.command()
def lift(context: typer.Context, recall: RecallArgument, as_json: JsonOption = False) -> None:
    """Lift a recall: later releases may send the object again, and those who got it may take it."""
    with context.obj.node() as node:
        view = recalls.lift(node, recall)
    if as_json:
        screen.print_json(view)
        return
    screen.say(f"Lifted the recall {screen.short(view.id)} of {view.object_id}.")
    screen.remark("Next: backchannel sync")


def _recipients(view: RecallView) -> None:
    screen.table(
        ("who", "agreement", "answer", "since"),
        ((one.party, screen.short(one.agreement), _stands(one), screen.moment(one.since)) for one in view.recipients),
        "Nobody got it.",
    )


def _stands(one: RecipientView) -> str:
    if one.state == "by-hand":
        return "tell it another way"
    if one.state == "waiting":
        return "overdue" if one.overdue else "none yet" if one.told else "not told yet"
    return f"{one.state}, overdue" if one.overdue else str(one.state)


def _our_row(view: RecallView) -> tuple[Any, ...]:
    done = sum(one.state == "withdrawn" for one in view.recipients)
    late = sum(one.overdue for one in view.recipients)
    stands = "lifted" if view.lifted else f"{done} of {len(view.recipients)} withdrawn"
    stands += f", {late} overdue" if late else ""
    whose = f"ours, for {view.passed_on_from}" if view.passed_on_from else "ours"
    return (
        screen.short(view.id),
        screen.moment(view.at),
        whose,
        screen.short_object(view.object_id),
        stands,
        view.reason,
    )


def _their_row(view: HeardView) -> tuple[Any, ...]:
    what = ", ".join(map(screen.short_object, view.objects[:3])) + (", …" if len(view.objects) > 3 else "")
    stands = "lifted" if view.lifted else f"{screen.count(view.withdrawn, 'version')} gone; {view.answer}"
    return screen.short(view.id), screen.moment(view.at), view.from_, what, stands, view.reason
