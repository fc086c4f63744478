"""`backchannel check` says of every file what `import` would, and keeps nothing."""

from pathlib import Path

from case import KNOWN, LINK, MALWARE, indicator, write_bundle
from command import Desk, backchannel

BROKEN = {**indicator(8, "[domain-name:value = "), "name": "broken"}
ODD = indicator(9, "[configuration-profile:id = 'com.example.profile']")


def test_a_check_refuses_what_an_import_refuses(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "lab")
    desk("init", "--name", "Lab")
    write_bundle(tmp_path / "case.json", MALWARE, KNOWN, LINK, BROKEN, ODD)
    (tmp_path / "prose.md").write_text("Nothing to see here.\nNor here, where words are.\n")
    (tmp_path / "list.txt").write_text("one.example\nhxxp://two[.]example/\nnot an indicator, this\n")
    files = ("case.json", "prose.md", "list.txt")
    checked = desk.json("check", *files, code=3)
    imported = desk.json("import", *files, code=3)
    assert checked["refused"] == imported["refused"] != []
    assert (checked["read"], checked["sound"]) == (imported["read"], imported["added"])
    assert [one.replace("would come in", "came in") for one in checked["notes"]] == imported["notes"] != []


def test_a_check_needs_no_node_and_leaves_nothing_behind(tmp_path: Path) -> None:
    write_bundle(tmp_path / "case.json", MALWARE, KNOWN, LINK)
    done = backchannel("--home", tmp_path / "none", "check", "case.json", cwd=tmp_path)
    assert done.out == "Read 3 objects: 3 sound, 0 would be refused.\n"
    assert [one.name for one in tmp_path.iterdir()] == ["case.json"]


def test_a_check_names_the_object_the_rule_and_the_place(tmp_path: Path) -> None:
    write_bundle(tmp_path / "case.json", MALWARE, BROKEN)
    done = backchannel("check", "case.json", cwd=tmp_path, code=3)
    first, second = done.out.splitlines()
    assert first == "Read 2 objects: 1 sound, 1 would be refused."
    assert second.startswith(f"  case.json #1 {BROKEN['id']}: pattern: ")
