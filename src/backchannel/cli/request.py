"""`backchannel request`: ask a counterpart under an agreement, and answer what it asks."""

from typing import Annotated

import typer

from backchannel.cli import screen
from backchannel.cli.context import JsonOption, moment_of
from backchannel.cli.exchange import AgreementArgument
from backchannel.core.text import printable
from backchannel.flow.answering import AnswerPlan
from backchannel.node import requests as node_requests
from backchannel.node.requests import AnswerView, Asking, RequestView, reasons

app = typer.Typer(no_args_is_help=True, help="Requests for information under an agreement: ask, answer, decline.")

RequestArgument = Annotated[
    str, typer.Argument(metavar="REQUEST", help="A request's id or an unambiguous beginning of it.")
]
AlthoughOption = Annotated[
    bool,
    typer.Option(
        "--although-withheld", help="Say it although it names what may not leave; that you chose so is put on record."
    ),
]
TlpOption = Annotated[
    str | None,
    typer.Option(metavar="LEVEL", help="How what is said is marked.", show_default="the setting default_tlp"),
]


@app.command()
def ask(
    context: typer.Context,
    agreement: AgreementArgument,
    question: Annotated[str, typer.Option(metavar="TEXT", help="What is asked, in a line.")],
    observable: Annotated[
        list[str] | None,
        typer.Option(metavar="VALUE", help="What it is about, as a value or as TYPE=VALUE. Repeatable."),
    ] = None,
    threat: Annotated[str | None, typer.Option(metavar="NAME", help="A threat that the agreement names.")] = None,
    wanted_by: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Until when an answer is of use.", show_default="the end of the agreement"),
    ] = None,
    tlp: TlpOption = None,
    pap: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="What may be done to answer it (PAP): clear to red.")
    ] = None,
    although_withheld: AlthoughOption = False,
    as_json: JsonOption = False,
) -> None:
    """Ask the counterpart of an agreement; `sync` carries it."""
    given = Asking(question, observable or (), threat, moment_of(wanted_by, "--wanted-by"), tlp, pap)
    with context.obj.node() as node:
        view = node_requests.ask(node, agreement, given, although_withheld=although_withheld)
    if as_json:
        screen.print_json(view.as_json())
        return
    screen.say(f"Asked {printable(view.with_)}: request {screen.short(view.id)}.")
    if view.although_withheld:
        screen.remark(f"On record as your choice: {view.although_withheld}")
    screen.remark("Next: backchannel sync")


@app.command("list")
def list_(
    context: typer.Context,
    only_open: Annotated[bool, typer.Option("--open", help="Only those that can still be answered.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List requests, what waits for our answer on top."""
    with context.obj.node() as node:
        views = node_requests.all_requests(node, only_open=only_open)
    if as_json:
        screen.print_json([one.as_json() for one in views])
        return
    screen.table(
        ("request", "asked by", "state", "question", "wanted by", "answers"),
        ((screen.short(v.id), _asker(v), _state(v), _question(v), _until(v), v.answers) for v in views),
        "No request is open." if only_open else "There is no request. Ask with: backchannel request ask AGREEMENT",
    )


@app.command()
def show(context: typer.Context, request: RequestArgument, as_json: JsonOption = False) -> None:
    """Show a request with its answers."""
    with context.obj.node() as node:
        view, answers = node_requests.show(node, request)
    if as_json:
        screen.print_json({**view.as_json(), "answers": [one.as_json() for one in answers]})
        return
    screen.say(f"Request {view.id}")
    for label, text in _facts(view):
        screen.say(f"  {label:<11}{printable(text, screen.LONGEST)}")
    for one in answers:
        _show_answer(one, view)
    if view.waits_for_us:
        screen.remark(f"Next: backchannel request answer {screen.short(view.id)} --note TEXT --object OBJECT")


@app.command()
def answer(
    context: typer.Context,
    request: RequestArgument,
    note: Annotated[str, typer.Option(metavar="TEXT", help="What to say, in a line.")] = "",
    objects: Annotated[
        list[str] | None,
        typer.Option("--object", metavar="OBJECT", help="A held object to send, if it may leave. Repeatable."),
    ] = None,
    tlp: TlpOption = None,
    although_withheld: AlthoughOption = False,
    preview: Annotated[bool, typer.Option("--preview", help="Show what would be sent; send nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Answer a request with a note, with objects that pass the release decision, or both; `sync` carries it.

    What the objects need goes with them. What stays is shown with the reasons, to you alone.
    """
    with context.obj.node() as node:
        made = node_requests.answer(
            node, request, note, objects or (), tlp=tlp, although_withheld=although_withheld, preview=preview
        )
    if as_json:
        screen.print_json(_made(made))
    else:
        _say_made(made, preview=preview, noted=bool(note))
    if made.staying and not preview:
        raise typer.Exit(screen.EXIT_SOME_REFUSED)


@app.command()
def decline(context: typer.Context, request: RequestArgument) -> None:
    """Decline a request; no reason is given."""
    with context.obj.node() as node:
        row = node_requests.decline(node, request)
    screen.say(f"Declined request {screen.short(row.id)}.")
    screen.remark("Next: backchannel sync")


@app.command()
def close(context: typer.Context, request: RequestArgument) -> None:
    """Close a request of ours: no more answers are wanted."""
    with context.obj.node() as node:
        row = node_requests.close(node, request)
    screen.say(f"Closed request {screen.short(row.id)}.")
    screen.remark("Next: backchannel sync")


# --- what is shown ---------------------------------------------------------------------------------------------


def _asker(view: RequestView) -> str:
    return f"us, asking {view.with_}" if view.ours else view.with_


def _state(view: RequestView) -> str:
    if view.taken_back:
        return "taken back"
    return "waits for us" if view.waits_for_us else view.state


def _question(view: RequestView) -> str:
    return "(forgotten)" if view.forgotten else printable(view.question, 80)


def _until(view: RequestView) -> str:
    return "" if view.wanted_by is None else screen.moment(view.wanted_by)


def _facts(view: RequestView) -> list[tuple[str, str]]:
    handling = view.tlp if view.pap is None else f"{view.tlp}, PAP {view.pap}"
    facts = [
        ("asked by", _asker(view)),
        ("agreement", view.agreement),
        ("state", _state(view)),
        ("asked", screen.moment(view.asked)),
        ("wanted by", _until(view) or "the end of the agreement"),
        ("tlp", handling),
        ("question", "(forgotten)" if view.forgotten else view.question),
    ]
    facts += [("threat", view.threat)] if view.threat is not None else []
    facts += [("observable", f"{one['type']} {one['value']}") for one in view.observables]
    facts += [("on record", f"asked although {view.although_withheld}")] if view.although_withheld else []
    facts += [("note", "it never left: the terms changed before; ask again")] if view.taken_back else []
    return facts


def _show_answer(one: AnswerView, view: RequestView) -> None:
    who = "us" if one.by_us else printable(view.with_, 60)
    screen.say(f"Answer of {who}, {screen.moment(one.at)}, tlp {one.tlp}")
    note = "(forgotten)" if one.forgotten else one.note
    if note:
        screen.say(f"  {'note':<11}{printable(note, screen.LONGEST)}")
    for named in one.objects:
        screen.say(f"  {'object':<11}{printable(named.id, 120)} ({named.place})")
    if one.although_withheld:
        screen.say(f"  {'on record':<11}said although {printable(one.although_withheld, 400)}")


def _made(made: AnswerPlan) -> dict[str, object]:
    return {
        "objects": list(made.named),
        "sent": [one.sent.id for one in made.leaving],
        "withheld": [{"id": one.id, "reasons": reasons(one)} for one in made.staying],
        "although_withheld": made.overruled,
    }


def _say_made(made: AnswerPlan, *, preview: bool, noted: bool) -> None:
    parts = ["a note"] if noted else []
    if made.named:
        new = f"{len(made.leaving)} new with what they need" if made.leaving else "which crossed before"
        parts.append(f"{screen.count(len(made.named), 'object')}, {new}")
    verb = "Would answer" if preview else "Answered"
    screen.say(f"{verb} with {' and '.join(parts) or 'nothing'}.")
    if made.leaving:
        screen.table(
            ("leaves as", "what", "outcome"),
            (
                (screen.short_object(one.sent.id), screen.title(one.sent.raw), one.decision.outcome)
                for one in made.leaving
            ),
            "",
        )
    for one in made.staying:
        screen.remark(f"Stays: {one.id}: {'; '.join(reasons(one))}")
    if made.overruled:
        screen.remark(f"On record as your choice: {made.overruled}")
    if not preview:
        screen.remark("Next: backchannel sync")
