"""The generated parts of the reference pages, rendered from the program itself.

A page has blocks between `<!-- generated: NAME -->` and `<!-- end -->`; everything else in it is written by hand.
`make docs` writes the blocks anew, and `tests/unit/test_docs.py` fails while a page says something else.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from backchannel import errors
from backchannel.cli import screen
from backchannel.cli.main import app
from backchannel.core.agreement import FINAL, TRANSITIONS, Event, State
from backchannel.core.release import RULE_NAMES
from backchannel.errors import BackchannelError, Blame
from backchannel.node.settings import PREFIX, TABLE, Settings
from paths import ROOT

DOCS = ROOT / "docs"
_BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)

_WHOSE = {
    Blame.OPERATOR: "the command, a file, a setting or this machine's state",
    Blame.THEM: "the counterpart",
    Blame.US: "the system: a carrier, the store, or a fault of the program",
}


def pages() -> list[Path]:
    """The pages that have generated blocks."""
    return [path for path in sorted(DOCS.rglob("*.md")) if _BLOCK.search(path.read_text())]


def renewed(page: str) -> str:
    """A page with its blocks written anew.

    Raises:
        KeyError: a block that nothing renders.
    """
    return _BLOCK.sub(lambda found: f"{found[1]}\n{BLOCKS[found[2]]()}\n{found[4]}", page)


def settings() -> str:
    """One row a setting."""
    defaults = Settings()
    rows = (
        (
            f"`{one.name}`",
            _kind(getattr(defaults, one.name)),
            f"`{_toml(getattr(defaults, one.name))}`",
            f"`{PREFIX}{one.name.upper()}`",
            one.meaning,
        )
        for one in TABLE
    )
    return _table(("setting", "kind", "default", "in the environment", "meaning"), rows)


def error_codes() -> str:
    """One table for each one to blame, one row an error."""
    parts = []
    for blame, whose in _WHOSE.items():
        found = [one for one in _errors(BackchannelError) if one.blame is blame]
        rows = ((f"`{one.code}`", _spaced(one.__name__), one().advice) for one in found)
        heading = f"### Exit status {screen.exit_code(found[0]())}: {whose}"
        parts.append(f"{heading}\n\n{_table(('code', 'error', 'what to do'), rows)}")
    return "\n".join(parts)


def rules() -> str:
    """The release rules by name, in order."""
    return ", ".join(f"`{name}`" for name in RULE_NAMES) + ".\n"


def transitions() -> str:
    """The states of an agreement as a diagram, and the same as a table."""
    lines = [f"    [*] --> {_node(State.DRAFT)}"]
    lines += [f"    {_node(old)} --> {_node(new)}: {_SAID[event]}" for (old, event), new in TRANSITIONS.items()]
    lines += [f"    {_node(state)} --> [*]" for state in State if state in FINAL]
    diagram = "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])
    rows = ((f"`{old}`", _SAID[event], f"`{new}`") for (old, event), new in TRANSITIONS.items())
    return f"{diagram}\n\n{_table(('from', 'what happens', 'to'), rows)}"


def commands() -> str:
    """Every command with its arguments and options."""
    root = typer.main.get_command(app)
    return "\n".join(_command(path, command) for path, command in walk(root, "backchannel"))


def walk(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """A command and all commands under it, each with the words that call it."""
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from walk(inner, f"{path} {name}")


BLOCKS: Mapping[str, Callable[[], str]] = {
    "settings": settings,
    "errors": error_codes,
    "rules": rules,
    "transitions": transitions,
    "commands": commands,
}


def rewrite() -> None:
    """Write every page's blocks anew."""
    for path in pages():
        path.write_text(renewed(path.read_text()))


# --- the pieces ------------------------------------------------------------------------------------------------


def _table(head: tuple[str, ...], rows: Any) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _kind(default: object) -> str:
    kinds = {bool: "true or false", int: "whole number", str: "text", tuple: "list of texts"}
    return kinds[type(default)]


def _toml(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return {tuple: "[]", str: f'"{default}"'}.get(type(default), str(default))


def _errors(kind: type[BackchannelError]) -> Iterator[type[BackchannelError]]:
    """An error and those below it, in the order in which the module defines them."""
    order = list(vars(errors).values())
    found = {kind} | {one for one in order if isinstance(one, type) and issubclass(one, kind)}
    return iter(sorted(found, key=order.index))


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower().capitalize()


_SAID = {
    Event.PROPOSE: "we propose it",
    Event.PROPOSED: "a proposal comes in",
    Event.SIGN_ALONE: "we sign it, with a guest",
    Event.ACCEPT: "we accept",
    Event.ACCEPTED: "they accept",
    Event.DECLINE: "we decline",
    Event.DECLINED: "they decline",
    Event.WITHDRAW: "we withdraw it",
    Event.WITHDRAWN: "they withdraw it",
    Event.AMEND: "new terms take effect",
    Event.END: "we end it",
    Event.ENDED: "they end it",
    Event.EXPIRE: "its time is over",
}


def _node(state: State) -> str:
    return str(state).replace(" ", "_")


def _command(path: str, command: Any) -> str:
    words = [_usage(one) for one in command.params if not one.hidden and one.name != "help"]
    if hasattr(command, "commands"):
        words.append("COMMAND")
    parts = [f"## `{path}`\n", f"{(command.help or '').strip()}\n", f"    {' '.join([path, *filter(None, words)])}\n"]
    rows = [row for one in command.params if one.name != "help" for row in [(_names(one), _meaning(one))]]
    if rows:
        parts.append(_table(("argument", "meaning"), rows))
    return "\n".join(parts)


def _usage(one: Any) -> str:
    if _is_argument(one):
        word = _word(one) + ("…" if one.nargs == -1 else "")
        return word if one.required else f"[{word}]"
    return f"{one.opts[0]} {_word(one)}" if one.required else ""


def _names(one: Any) -> str:
    if _is_argument(one):
        return f"`{_word(one)}{'…' if one.nargs == -1 else ''}`"
    return ", ".join(f"`{opt}`" for opt in one.opts) + ("" if one.is_flag else f" {_word(one)}")


def _meaning(one: Any) -> str:
    text = one.help or ""
    if not _is_argument(one) and one.required:
        text += " Required."
    if one.envvar:
        text += f" Also from `{one.envvar}`."
    if isinstance(one.show_default, str):
        text += f" Default: `{one.show_default}`."
    elif one.default not in (None, "") and not getattr(one, "is_flag", False):
        text += f" Default: `{one.default}`."
    return text.strip()


def _word(one: Any) -> str:
    return (one.metavar or one.name).upper().rstrip(".")


def _is_argument(one: Any) -> bool:
    return not one.opts[0].startswith("-")


if __name__ == "__main__":
    rewrite()
