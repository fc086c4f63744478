"""The documents stay true: generated parts are the program's, links lead somewhere, and named tests exist."""

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
import typer

import reference
from backchannel.cli.main import app
from backchannel.core import term_fields
from backchannel.core.agreement import TRANSITIONS, State
from backchannel.core.marking import ATTRIBUTIONS, LEVELS, PERMITTED_ACTIONS
from backchannel.core.release import RULE_NAMES
from backchannel.core.term_fields import DEFAULT_TYPES, ON_END, ONWARD, Terms
from backchannel.core.terms import parse
from backchannel.errors import BackchannelError
from backchannel.node.settings import TABLE, load
from paths import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
AGREEMENT = (ROOT / "docs" / "reference" / "agreement.md").read_text()
THREATS = (ROOT / "docs" / "explanation" / "threat-model.md").read_text()
FILLED_IN = {"parties.proposer", "parties.accepter", "predecessor"}
WORDS = {
    "handling.tlp_max": LEVELS,
    "handling.permitted_actions": PERMITTED_ACTIONS,
    "handling.provider_attribution": ATTRIBUTIONS,
    "handling.onward": ONWARD,
    "retention.on_end": ON_END,
}


def fields(form: type, path: str = "") -> Iterator[tuple[str, object]]:
    """Every field of the terms by its dotted name, with its default."""
    hints = get_type_hints(form)
    for field in msgspec.structs.fields(form):
        name = f"{path}.{field.name}" if path else field.name
        inner = [one for one in (hints[field.name], *get_args(hints[field.name])) if isinstance(one, type)]
        table = next((one for one in inner if issubclass(one, msgspec.Struct)), None)
        if table is not None:
            yield from fields(table, name)
        else:
            yield name, field.default


def row(name: str) -> list[str]:
    """The cells of a field's row."""
    (line,) = re.findall(rf"^\| `{re.escape(name)}` \|.*$", AGREEMENT, re.MULTILINE)
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize("page", reference.pages(), ids=lambda page: page.name)
def test_a_generated_part_says_what_the_program_says(page: Path) -> None:
    assert page.read_text() == reference.renewed(page.read_text()), "run `make docs`"


def test_every_renderer_has_its_place_on_a_page() -> None:
    found = {name for page in reference.pages() for name in re.findall(r"generated: ([a-z-]+)", page.read_text())}
    assert found == set(reference.BLOCKS)


def test_every_setting_error_and_command_is_on_its_page() -> None:
    assert all(f"`{one.name}`" in reference.settings() for one in TABLE)
    below = list(BackchannelError.__subclasses__())
    for one in below:
        below.extend(one.__subclasses__())
    assert all(f"`{one.code}`" in reference.error_codes() for one in below)
    assert "`backchannel inbox rules add`" in reference.commands()


def test_no_two_errors_share_a_code() -> None:
    codes = re.findall(r"^\| `([a-z-]+)` \|", reference.error_codes(), re.MULTILINE)
    assert len(codes) == len(set(codes)) > 30


def test_the_example_of_settings_is_valid(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "reference" / "settings.md").read_text()
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "settings.toml").write_text(example)
    assert load(tmp_path, {}).default_tlp == "green"


def test_the_page_of_the_agreement_has_every_field_and_no_other() -> None:
    shown = set(re.findall(r"^\| `([a-z_.]+)` \|", AGREEMENT.partition("## What is in scope")[0], re.MULTILINE))
    assert shown == {name for name, _ in fields(Terms)} - FILLED_IN
    assert all(f"`{name}`" in AGREEMENT for name in FILLED_IN)


@pytest.mark.parametrize(
    "name", [name for name, default in fields(Terms) if isinstance(default, int | str) and default]
)
def test_the_page_of_the_agreement_has_the_right_default(name: str) -> None:
    assert row(name)[3 - 1] == f"`{dict(fields(Terms))[name]}`"


@pytest.mark.parametrize("name", WORDS)
def test_the_page_of_the_agreement_lists_the_words_that_a_field_takes(name: str) -> None:
    assert re.findall(r"`([^`]+)`", row(name)[1]) == list(WORDS[name])


def test_the_page_of_the_agreement_names_the_default_types() -> None:
    assert ", ".join(f"`{kind}`" for kind in DEFAULT_TYPES) in " ".join(AGREEMENT.split())


def test_the_page_of_the_agreement_explains_every_rule() -> None:
    after = AGREEMENT.partition("generated: rules")[2].partition("<!-- end -->")[2]
    assert all(f"`{rule}`" in after for rule in RULE_NAMES)


def test_the_diagram_has_every_transition() -> None:
    drawn = re.findall(r"^    (\w+) --> (\w+): ", reference.transitions(), re.MULTILINE)
    assert len(drawn) == len(TRANSITIONS)
    assert {state.replace("_", " ") for pair in drawn for state in pair} == {str(state) for state in State}


def test_the_terms_of_the_fields_module_are_those_of_the_page() -> None:
    """A table that is added to the terms needs a section of its own on the page."""
    tables = {name.partition(".")[0] for name, _ in fields(term_fields.Terms) if "." in name}
    assert tables == {"parties", "scope", "handling", "matching", "quota", "record", "requests", "retention"}
    assert parse(
        '[scope]\nthreats = ["Glasswing"]\n',
        proposer="a" * 64,
        accepter="b" * 64,
        now=datetime(2026, 11, 22, tzinfo=UTC),
    )


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", THREATS))
    sources = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    defined = set(re.findall(r"^ *(?:async )?def (test_\w+)\(", sources, re.MULTILINE))
    assert len(named) > 70
    assert named <= defined, sorted(named - defined)


def test_every_property_of_the_threat_model_names_a_test() -> None:
    rows = [line for line in THREATS.splitlines() if line.startswith("| ") and line.count("|") == 3]
    properties = [line for line in rows if not line.startswith(("| property", "| ---"))]
    assert len(properties) > 50
    assert not [line for line in properties if "`test_" not in line]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = {target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text())}
    local = {target for target in targets if target and "://" not in target}
    assert not {target for target in local if not (page.parent / target).exists()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples_use_reserved_names_only(page: Path) -> None:
    text = page.read_text()
    addresses = re.findall(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", text)
    reserved = ("192.0.2.", "198.51.100.", "203.0.113.", "0.0.0.0", "127.0.0.1")  # noqa: S104
    assert not [one for one in addresses if not one.startswith(reserved)]
    hosts = re.findall(r"https?://([\w.-]+)", text)
    assert not [one for one in hosts if not one.endswith((".example", ".test", "example.com", "HOST", "host"))]


def typed(text: str) -> Iterator[str]:
    """The commands that a page shows in its code, without prompt, comment and what follows them."""
    code = re.findall(r"^```.*?^```|^(?: {4}|\t)[^\n]+$", text, re.MULTILINE | re.DOTALL)
    for line in "\n".join(code).splitlines():
        found = re.match(r"(?:\$ | +)(?:sudo \S+ \S+ \S+ )?(?:\S*/)?backchannel (.+)", line)
        if found:
            yield re.split(r" +#| > | ; ", found[1])[0]


def understood(words: list[str]) -> bool:
    """Whether the program has such a command with such options."""
    command: Any = typer.main.get_command(app)
    known = {option for one in command.params for option in one.opts}
    while words:
        word = words.pop(0).strip("[]")
        if word.startswith("-"):
            if word not in known:
                return False
            words = words[1:] if word == "--home" else words
        elif word in getattr(command, "commands", {}) or getattr(command, "meant", ""):
            command = command.commands.get(word) or command.commands[command.meant]
            known = {option for one in command.params for option in one.opts}
        elif hasattr(command, "commands"):
            return False
    return True


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_shows_exists_with_its_options(page: Path) -> None:
    wrong = [line for line in typed(page.read_text()) if not understood(line.split()) and "COMMAND" not in line]
    assert not wrong


def test_a_command_that_does_not_exist_would_be_noticed() -> None:
    page = "    backchannel agreement propose t.toml --too NAME\n\n    backchannel agreements list\n"
    assert [understood(line.split()) for line in typed(page)] == [False, False]
    assert understood(["--home", "A", "inbox", "rules", "add", "--party", "B"])


PACKAGES = sorted(
    path.parent for kind in ("*", "core/*") for path in (ROOT / "src" / "backchannel").glob(f"{kind}/__init__.py")
)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_a_package_names_each_of_its_modules_and_no_other(package: Path) -> None:
    listed = re.findall(r"^- ((?:`\w+`(?:, | \([^)]+\), )?)+)", (package / "__init__.py").read_text(), re.MULTILINE)
    named = [name for one in listed for name in re.findall(r"`(\w+)`", one)]
    there = {path.stem for path in package.iterdir() if path.stem not in {"__init__", "__pycache__"}}
    assert sorted(named) == sorted(there)


def test_the_rings_on_the_page_are_those_of_the_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = [one["layers"] for one in contracts if one["type"] == "layers"]
    drawn = (ROOT / "ARCHITECTURE.md").read_text().split("```")[1]
    rings = [line.split("  ")[0] for line in drawn.strip().splitlines()]
    assert rings == layers
