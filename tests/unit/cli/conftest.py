"""The command line within this process, and two nodes that know each other."""

import shutil
import sqlite3
import sys
from pathlib import Path

import pytest

from backchannel.cli.main import run
from case import KNOWN, LINK, MALWARE, RED, TERMS, write_bundle
from command import Command, Desk, Result


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `backchannel` with these words."""
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("NO_COLOR", "1")

    def typed(*words: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["backchannel", *map(str, words)])
        capfd.readouterr()
        try:
            run()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        printed = capfd.readouterr()
        return Result(code, printed.out, printed.err)

    return typed


@pytest.fixture(scope="session")
def introduced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two nodes, `lab` and `vendor`, an agreement in force between them, and what crossed in the vendor's inbox."""
    folder = tmp_path_factory.mktemp("cli")
    lab, vendor = Desk(folder, "lab"), Desk(folder, "vendor")
    lab("init", "--name", "Human Rights Lab")
    vendor("init", "--name", "Vendor Research")
    (folder / "lab.card").write_text(lab("card", "export").out)
    (folder / "vendor.card").write_text(vendor("card", "export").out)
    lab("party", "add", "vendor.card", "--carrier", "folder:drop")
    vendor("party", "add", "lab.card", "--carrier", "folder:drop")
    write_bundle(folder / "case.json", MALWARE, KNOWN, LINK, RED)
    lab("import", "case.json")
    (folder / "terms.toml").write_text(TERMS)
    lab("agreement", "propose", "terms.toml", "--to", "Vendor Research")
    lab("sync")
    vendor("sync")
    vendor("agreement", "accept", vendor.json("agreement", "list")[0]["id"])
    vendor("sync")
    lab("sync")
    lab("release", lab.json("agreement", "list")[0]["id"])
    lab("sync")
    vendor("sync")
    return folder


@pytest.fixture
def folder(introduced: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the two nodes, and the current folder."""
    here = tmp_path / "desk"
    shutil.copytree(introduced, here)
    for home in ("lab", "vendor"):
        # A carrier is kept with its whole path: the copies have a folder of their own.
        with sqlite3.connect(here / home / "backchannel.db") as store:
            store.execute("UPDATE party SET carrier = ?", (f"folder:{here / 'drop'}",))
        store.close()
    monkeypatch.chdir(here)
    return here
