"""Guests on the screen: nobody takes one for a party that signs, and each step says what comes next."""

import json
import re
import sqlite3
from pathlib import Path

import pytest

from backchannel.core.identity import fingerprint_words
from command import Command

pytestmark = pytest.mark.usefixtures("folder")

LAB = ("--home", "lab")
NAME = "Birch Desk"


@pytest.fixture
def agreement(command: Command) -> str:
    """An agreement with a guest."""
    command(*LAB, "party", "add-guest", NAME)
    Path("guest.toml").write_text('[scope]\nthreats = ["Glasswing"]\ndepth = 1\n')
    return str(command(*LAB, "agreement", "propose", "guest.toml", "--to", NAME, "--one-sided", "--json").json["id"])


def test_a_guest_is_shown_as_one_and_its_words_never(command: Command) -> None:
    added = command(*LAB, "party", "add-guest", NAME)
    assert added.out == "Enrolled Birch Desk as a guest. It has no key card, and nothing of it can be verified.\n"
    assert added.err == "Next: backchannel agreement propose TERMS --to 'Birch Desk' --one-sided\n"
    (one,) = [one for one in command(*LAB, "party", "list", "--json").json if one["guest"]]
    assert (one["name"], one["carrier"], one["verified"]) == (NAME, None, False)
    listed = command(*LAB, "party", "list").out
    (row,) = [line for line in listed.splitlines() if NAME in line]
    assert "TAXII only" in row
    assert row.rstrip().endswith("never: a guest")
    words = fingerprint_words(one["key"])
    refused = command(*LAB, "party", "verify", NAME, *words)
    assert refused.code == 2
    twice = command(*LAB, "party", "add-guest", NAME)
    shown = [added.out, added.err, listed, refused.out, refused.err, twice.err]
    assert not [text for text in shown if " ".join(words) in text]


@pytest.mark.parametrize(
    ("words", "facts"),
    [
        (("party", "add-guest", "a\x1b[31mb"), "U+001B"),
        (("party", "add-guest", "Vendor Research"), "another counterpart with the name"),
        (("party", "rename-guest", "Vendor Research", "Other"), "is no guest"),
        (("party", "rename-guest", "Nobody", "Other"), "'Nobody'"),
        (("agreement", "propose", "guest.toml", "--to", NAME), "say --one-sided"),
        (("agreement", "propose", "guest.toml", "--to", "Vendor Research", "--one-sided"), "leave out --one-sided"),
        (("agreement", "accept", "AGREEMENT"), "it offers nothing"),
        (("release", "AGREEMENT"), "it reads its collection over TAXII"),
        (("party", "verify", NAME, *["zoo"] * 12), "no words to compare"),
    ],
)
def test_what_cannot_be_done_with_a_guest_is_told_in_two_lines(
    command: Command, agreement: str, words: tuple[str, ...], facts: str
) -> None:
    said = command(*LAB, *(agreement if word == "AGREEMENT" else word for word in words))
    assert (said.code, said.out) == (2, "")
    happened, advice = said.err.splitlines()
    assert facts in happened
    assert advice.endswith((".", "makes."))
    assert "\x1b" not in said.err


def test_every_screen_of_an_agreement_with_a_guest_says_that_we_alone_signed(
    command: Command, agreement: str
) -> None:
    proposed = command(*LAB, "agreement", "propose", "terms.toml", "--to", NAME, "--one-sided")
    assert proposed.out.startswith("In force, signed by us alone: ")
    short = proposed.out.split()[6]
    assert f"taxii user add NAME --agreement {short} --read --write\n" in proposed.err
    assert "sync" not in proposed.err
    listed = command(*LAB, "agreement", "list").out
    rows = {NAME in line: "in force, signed by us alone" in line for line in listed.splitlines()[1:]}
    assert rows == {True: True, False: False}
    assert "Signed by Human Rights Lab alone" in command(*LAB, "agreement", "show", agreement).out
    shown = command(*LAB, "agreement", "show", agreement, "--json").json
    assert (shown["state"], shown["signed_by"], shown["guest"]) == ("in force", ["Human Rights Lab"], True)
    both = [one for one in json.loads(command(*LAB, "agreement", "list", "--json").out) if not one["guest"]]
    assert [one["signed_by"] for one in both] == [["Human Rights Lab", "Vendor Research"]]


def test_new_terms_and_the_end_with_a_guest_wait_for_nobody(command: Command, agreement: str) -> None:
    Path("guest.toml").write_text('[scope]\nthreats = ["Glasswing"]\ndepth = 2\n')
    refused = command(*LAB, "agreement", "amend", agreement, "guest.toml")
    assert (refused.code, refused.out) == (2, "")
    wider = command(*LAB, "agreement", "amend", agreement, "guest.toml", "--one-sided")
    assert wider.out.splitlines() == [
        "wider:    scope.depth: 1 becomes 2", "In force from now on, signed by us alone.",
    ]  # fmt: skip
    ended = command(*LAB, "agreement", "end", agreement)
    assert ended.out.startswith("Ended: ")
    assert ended.err == ""
    assert "ended, signed by us alone" in command(*LAB, "agreement", "list").out


def test_what_a_guest_would_read_can_be_previewed(command: Command, agreement: str) -> None:
    assert [one["type"] for one in command(*LAB, "preview", agreement, "--list", "--json").json] == [
        "malware", "indicator", "relationship",
    ]  # fmt: skip


def test_users_are_listed_with_whom_they_are_for_and_what_is_over(command: Command, agreement: str) -> None:
    nobody = command(*LAB, "taxii", "user", "list").out
    assert nobody.index("--agreement AGREEMENT") < nobody.index("--own, for your own tools only")
    command(*LAB, "taxii", "user", "add", "siem", "--own")
    added = command(*LAB, "taxii", "user", "add", "birch", "--agreement", agreement, "--expires", "2099-01-01")
    assert "nothing can be read" not in added.err
    rows = table_of(command(*LAB, "taxii", "user", "list").out)
    assert (rows["birch"], rows["siem"]) == (
        [agreement[:12], NAME, "read", "2099-01-01 00:00 UTC"], ["own tools", "read", "never"],
    )  # fmt: skip
    with sqlite3.connect("lab/backchannel.db") as store:
        store.execute("UPDATE taxii_user SET expires_at = 1 WHERE name = 'birch'")
    store.close()
    command(*LAB, "agreement", "end", agreement)
    late = command(*LAB, "taxii", "user", "add", "late", "--agreement", agreement)
    assert (late.code, late.err.count("nothing can be read or posted there")) == (0, 1)
    rows = table_of(command(*LAB, "taxii", "user", "list").out)
    assert rows["birch"] == [f"{agreement[:12]} (ended)", NAME, "read", "1970-01-01 00:00 UTC (expired)"]
    listed = {one["name"]: one for one in json.loads(command(*LAB, "taxii", "user", "list", "--json").out)}
    seen = {name: (one["with"], one["agreement_state"], one["expired"]) for name, one in listed.items()}
    assert seen == {"birch": (NAME, "ended", True), "late": (NAME, "ended", False), "siem": (None, None, False)}


def table_of(text: str) -> dict[str, list[str]]:
    """The rows of a table by their first cell, without empty cells."""
    rows = ([cell for cell in re.split(r"\s{2,}", line.strip()) if cell] for line in text.splitlines()[1:])
    return {first: rest for first, *rest in rows}
