"""The page on asking and answering is typed along, between two nodes that have the agreement it speaks of."""

from pathlib import Path

import pytest

from command import NearDesk
from paths import ROOT
from walkthrough import Walk, files, steps

PAGE = (ROOT / "docs" / "how-to" / "ask-and-answer.md").read_text()
TERMS = '[scope]\nthreats = ["Glasswing"]\n'


def prepared(folder: Path) -> str:
    """Alder and Birch with an agreement in force, Alder with the case file of the page; the agreement's id."""
    alder, birch = NearDesk(folder, "alder"), NearDesk(folder, "birch")
    alder("init", "--name", "Alder CERT")
    birch("init", "--name", "Birch Telecom")
    for desk, other, card in ((alder, birch, "birch.card"), (birch, alder, "alder.card")):
        (folder / card).write_text(other("card", "export").out)
        desk("party", "add", card, "--carrier", "folder:drop")
    alder("import", "case.json")
    (folder / "terms.toml").write_text(TERMS)
    agreement = str(alder.json("agreement", "propose", "terms.toml", "--to", "Birch Telecom")["id"])
    for desk in (alder, birch):
        desk("sync")
    birch("agreement", "accept", agreement)
    for desk in (birch, alder, birch, alder):
        desk("sync")
    return agreement


@pytest.mark.slow
def test_every_command_of_the_page_does_what_it_says(tmp_path: Path) -> None:
    walk = Walk(tmp_path, PAGE)
    agreement = prepared(tmp_path)
    for step in steps(PAGE):
        walk.take(step._replace(command=step.command.replace("AGREEMENT", agreement)))
    stored = b"".join(path.read_bytes() for path in (tmp_path / "birch").rglob("*") if path.is_file())
    assert b"updates.glasswing.example" in stored
    assert b"marshlight" not in stored


def test_the_page_has_its_file_and_commands() -> None:
    assert set(files(PAGE)) == {"case.json"}
    assert {step.command.split()[4] for step in steps(PAGE) if " request " in step.command} == {
        "ask",
        "list",
        "show",
        "answer",
        "close",
    }
