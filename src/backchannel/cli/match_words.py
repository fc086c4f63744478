"""What the screens of matching say of sessions, in words: how far each is, whom it waits for, what came of it, and
what to do next. Names of counterparts are strangers' words: they are made printable here, or by `screen.table`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from backchannel.cli import screen
from backchannel.core.text import printable
from backchannel.node.match_turns import Turn
from backchannel.node.matching import Found, SessionView
from backchannel.protocol.matching import State

_STATES = {
    State.OFFERED: "offered by us, not entered by them yet",
    State.ASKED: "offered by them, not entered by us yet",
    State.ANSWERED: "entered by us, not begun by them yet",
    State.FROZEN: "frozen: far fewer values were found than usual",
    State.DONE: "done",
    State.STOPPED: "stopped before its end",
}
_FOUND = {True: "held", False: "not found", None: "not known yet"}


def name_of(view: SessionView) -> str:
    """The counterpart's name, for a line."""
    return printable(view.with_, 100)


def progress(view: SessionView) -> str:
    """How much of a session's work is done."""
    return f"{100 * view.done // view.work if view.work else 0} %"


def about(view: SessionView) -> str:
    """What a session is for, in a word or two."""
    if view.look_up:
        return "look-up"
    return "all new" if view.ours else "theirs"


def waits_for(view: SessionView, turn: Turn) -> str:
    """Whom a session waits for, and since when if it is not us."""
    if turn.waits_for == "them":
        return f"them, since {screen.moment(view.changed)}"
    return turn.waits_for


def outcome(view: SessionView) -> str:
    """What came of a session, or how far it is: a few words for a list."""
    if view.state is State.DONE:
        return f"{_who(view)} hold {view.hits:,} of {view.inputs:,}" if view.inputs else "we asked nothing"
    if view.state is State.STOPPED:
        return "stopped"
    return "frozen" if view.state is State.FROZEN else f"at {progress(view)}"


def evaluated(view: SessionView) -> str:
    """How many values were evaluated for us, and how many of them the other side holds too."""
    if not view.inputs and not view.look_up:
        return "no value of ours was new"
    values = screen.count(view.inputs, "value")
    return f"{values}{'' if view.look_up else ' of ours'}; {_who(view)} hold {view.hits:,}"


def answered(view: SessionView, found: Sequence[Found]) -> str:
    """What a look-up came to: of the values that were asked for, also those that were evaluated before."""
    return f"{_who(view)} hold {sum(bool(one.held) for one in found):,} of {screen.count(len(found), 'value')}"


def _who(view: SessionView) -> str:
    return "they" if view.look_up else "both"


def facts(view: SessionView, turn: Turn) -> Iterator[tuple[str, str]]:
    """Everything that is known of one session, as labels and texts; empty texts are left out."""
    state = _STATES.get(view.state, f"running, {progress(view)}")
    waits = "" if view.is_over else f"; waits for {waits_for(view, turn)}"
    yield "with", name_of(view)
    yield "agreement", view.agreement
    yield "opened", f"{screen.moment(view.opened)} by {'us' if view.ours else 'them'}"
    yield "kinds", ", ".join(view.kinds)
    yield "learns", turn.learner
    yield "state", state + waits
    yield "ended" if view.is_over else "last step", screen.moment(view.changed)
    yield "evaluated", evaluated(view)
    yield "reason", printable(view.reason, 400)


def sessions_under_way(views: Sequence[SessionView], turns: Mapping[str, Turn]) -> None:
    """The sessions that are not over: whom each waits for, and what to do."""
    screen.table(
        ("session", "with", "what", "done", "waits for"),
        ((screen.short(v.id), v.with_, about(v), progress(v), waits_for(v, turns[v.id])) for v in views),
        "No session is under way.",
    )
    for view in views:
        if view.state is State.FROZEN:
            screen.remark(frozen(view))
    if any(turn.waits_for == "our sync" for turn in turns.values()):
        screen.remark("Next: backchannel sync")


def history(views: Sequence[SessionView]) -> None:
    """All sessions, and what came of each."""
    screen.table(
        ("session", "opened", "with", "what", "outcome"),
        ((screen.short(v.id), screen.moment(v.opened), v.with_, about(v), outcome(v)) for v in views),
        "There was no session.",
    )
    if any(view.state is State.STOPPED for view in views):
        screen.remark("Why a session stopped: backchannel match show SESSION")


def values(view: SessionView, found: Iterable[Found]) -> None:
    """What came of each value that a session looks up."""
    rows = [(_FOUND[one.held], one.type, one.value) for one in found]
    if rows:
        screen.table(("there", "kind", "value"), rows, "")
    elif view.look_up:
        screen.say("What it looked up is not kept any more: the agreement's retention took it.")
    if any(words == _FOUND[False] for words, _, _ in rows):
        screen.remark(f"Not found: {name_of(view)} does not hold it, or would not release it to us.")


def frozen(view: SessionView) -> str:
    """Why a session froze, and what the officer can do."""
    identifier = screen.short(view.id)
    return (
        f"Session {identifier} is frozen: {view.reason}. Ask {name_of(view)} by another way; "
        f"next: backchannel match resume {identifier}, or backchannel match stop {identifier}"
    )


def what_next(view: SessionView, results: str) -> None:
    """Say what to do once a session was opened, or waited for; `results` is the command that shows what came out."""
    if view.state is State.FROZEN:
        screen.remark(frozen(view))
    elif view.state is State.STOPPED:
        screen.remark(f"It stopped: {view.reason or 'no reason is known'}")
    elif view.is_over:
        screen.remark(f"Next: {results}")
    else:
        screen.remark("Next: backchannel sync, until match status shows it no more")
        screen.remark(f"Then: {results}")
