"""Help: every command says what it does and what each of its arguments means."""

import re
from typing import Any

import pytest
import typer

from backchannel.cli.main import app
from command import Command
from reference import walk

ROOT: Any = typer.main.get_command(app)
COMMANDS = dict(walk(ROOT, "backchannel"))
LEAVES = {path: one for path, one in COMMANDS.items() if not hasattr(one, "commands")}


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_and_every_argument_says_what_it_is_for(path: str) -> None:
    one = COMMANDS[path]
    assert one.help
    assert one.help.strip()[0].isupper()
    assert one.help.strip().endswith(".")
    assert not [param.name for param in one.params if not param.help]


@pytest.mark.parametrize("path", LEAVES)
def test_help_names_every_argument_and_ends_well(path: str, command: Command) -> None:
    shown = command(*path.split()[1:], "--help")
    assert shown.code == 0
    assert shown.err == ""
    for param in LEAVES[path].params:
        is_option = param.opts[0].startswith("-")
        assert (param.opts[0] if is_option else param.metavar) in shown.out


@pytest.mark.parametrize("path", COMMANDS)
def test_what_takes_a_value_says_what_kind_in_a_word_of_its_own(path: str) -> None:
    """Without one the help says `<str>`, and the reference page the name of a variable."""
    taking = [param for param in COMMANDS[path].params if not getattr(param, "is_flag", False)]
    assert not [param.name for param in taking if not re.fullmatch(r"[A-Z]+(_DIR [A-Z]+_DIR)?", param.metavar or "")]


def test_without_a_command_the_help_is_shown(command: Command) -> None:
    shown = command()
    assert "Exchange threat intelligence" in shown.out + shown.err


def test_commands_stand_in_the_order_in_which_a_newcomer_needs_them() -> None:
    assert list(ROOT.commands)[:5] == ["init", "import", "preview", "release", "sync"]


def test_every_list_has_json() -> None:
    readers = [path for path in LEAVES if re.search(r" (list|show|search|preview|refusals)$", path)]
    assert len(readers) >= 10
    for path in readers:
        assert "--json" in {option for param in LEAVES[path].params for option in param.opts}, path


def test_the_version_is_printed(command: Command) -> None:
    assert re.fullmatch(r"backchannel \d+\.\d+\.\d+\S*\n", command("--version").out)


def test_a_word_that_is_no_command_is_said_and_ends_with_2(command: Command) -> None:
    said = command("imprt")
    assert said.code == 2
    assert "imprt" in said.err


def test_a_missing_argument_is_named_and_ends_with_2(command: Command) -> None:
    said = command("agreement", "propose", "terms.toml")
    assert said.code == 2
    assert "--to" in said.err
