"""The shipped sample: harmless names only, valid, and whole; and folders of real files in its place."""

import ipaddress
import json
import re
from pathlib import Path
from typing import Any

import pytest

from backchannel.cli.demonstration.sample import from_files, sample
from backchannel.core.content import active_content
from backchannel.core.observable import from_pattern
from backchannel.core.pattern import parse
from backchannel.core.terms import parse as parse_terms
from backchannel.errors import BadArgument
from backchannel.formats.schemas import Stix21Validator
from worlds import NOW, THEM, US

RESERVED = [
    ipaddress.ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]
HOST = re.compile(r"\b(?:[a-z0-9-]+\.)+[a-z]{2,}\b")
FILE_ENDINGS = {"js", "bin", "json", "txt"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sample(tmp_path / "sample")
    return tmp_path / "sample"


def objects(folder: Path) -> list[dict[str, Any]]:
    return [
        one
        for path in sorted(folder.rglob("*.json"))
        for one in json.loads(path.read_text(encoding="utf-8"))["objects"]
    ]


def test_every_host_name_in_the_sample_is_reserved(folder: Path) -> None:
    texts = [path.read_text(encoding="utf-8").replace("[.]", ".") for path in folder.rglob("*") if path.is_file()]
    hosts = {host for text in texts for host in HOST.findall(text)}
    named = {host for host in hosts if host.rpartition(".")[2] not in FILE_ENDINGS and "." in host}
    assert len(named) > 15
    assert {host for host in named if not host.endswith(".example") and not host.startswith("sender_ref.")} == set()


def test_every_address_in_the_sample_is_kept_for_documentation(folder: Path) -> None:
    lists = (folder / "harbour" / "watchlist.txt").read_text().replace("[.]", ".")
    found = re.findall(r"\b\d{1,3}(?:\.\d{1,3}){3}(?:/\d+)?", lists + json.dumps(objects(folder)))
    found += re.findall(r"2001:db8:[0-9a-f:]+", json.dumps(objects(folder)))
    networks = [ipaddress.ip_network(text) for text in found]
    assert len(networks) > 5
    assert not [one for one in networks if not any(one.version == r.version and one.subnet_of(r) for r in RESERVED)]  # type: ignore[arg-type]  # of one version


def test_every_object_of_the_sample_is_valid(folder: Path) -> None:
    validate = Stix21Validator()
    assert [(one["id"], found) for one in objects(folder) for found in validate(one)] == []


def test_each_trap_is_in_the_sample(folder: Path) -> None:
    held = objects(folder)
    by_name = {one.get("name"): one for one in held}
    assert by_name["vault-relay.example"]["object_marking_refs"]
    assert by_name["weather-widget.example"]["revoked"] is True
    assert by_name["192.0.2.44"]["valid_until"] < "2026-11"
    report = by_name["Malware against retail banking, third quarter"]
    assert {by_name["vault-relay.example"]["id"], by_name["Brackenfox"]["id"]} <= set(report["object_refs"])
    assert "Brackenfox" in report["description"]
    assert "vault-relay.example" in report["description"]
    assert active_content(by_name["Operator panel"])
    assert [one["type"] for one in held if "payload_bin" in one] == ["artifact"]


def test_one_finding_of_the_first_is_in_the_seconds_files_byte_for_byte(folder: Path) -> None:
    files = [(folder / home / "casefile.json").read_text().splitlines() for home in ("northgate", "harbour")]
    shared = {line.strip().rstrip(",") for line in files[0]} & {line.strip().rstrip(",") for line in files[1]}
    assert [json.loads(line)["name"] for line in shared if line.startswith("{") and len(line) > 9] == [
        "tidewick-gate.example"
    ]


def test_another_is_in_its_list_under_a_reference_to_the_first(folder: Path) -> None:
    lines = (folder / "harbour" / "watchlist.txt").read_text().splitlines()
    place = lines.index("tidewick-cdn[.]example")
    assert "northgate.example" in lines[place - 2]


def test_each_party_is_sent_an_indicator_on_its_own_assets(tmp_path: Path) -> None:
    cast = sample(tmp_path)
    assert "harbourtrust.example" in cast.second.settings["own_assets"]  # type: ignore[operator]  # a list
    patterns = [parse(one["pattern"]) for one in objects(tmp_path) if "pattern" in one]
    values = {value for pattern in patterns for _, value in from_pattern(pattern.comparisons)}
    assert "online.harbourtrust.example" in values
    assert "198.51.100.16/28" in cast.first.settings["own_assets"]  # type: ignore[operator]  # a list


def test_the_terms_of_the_sample_are_terms(folder: Path) -> None:
    terms = parse_terms((folder / "terms.toml").read_text(), proposer=US, accepter=THEM, now=NOW)
    assert terms.scope.threats == ("Tidewick",)
    assert terms.scope.depth == 1


def test_the_sample_is_what_it_says_it_is(tmp_path: Path) -> None:
    cast = sample(tmp_path)
    assert cast.is_sample
    assert [path.name for path in (*cast.first.bundles, *cast.first.lists)] == ["casefile.json"]
    assert [path.name for path in cast.second.bundles] == ["casefile.json"]
    assert [path.name for path in cast.second.lists] == ["watchlist.txt"]


# --- real files in its place ------------------------------------------------------------------------------------


def test_lists_are_told_from_files_that_name_their_threats(tmp_path: Path) -> None:
    for name in ("a.stix2", "b.json", "sub/c.txt", "d.CSV", ".hidden", "LICENSE"):
        (tmp_path / "one" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "one" / name).write_text("x")
    (tmp_path / "two.txt").write_text("x")
    cast = from_files(tmp_path / "one", tmp_path / "two.txt", "Predator")
    assert [path.name for path in cast.first.bundles] == ["LICENSE", "a.stix2", "b.json"]
    assert {path.name for path in cast.first.lists} == {"c.txt", "d.CSV"}
    assert (cast.first.name, cast.second.name) == ("one", "two")
    assert cast.second.lists == ((tmp_path / "two.txt").resolve(),)
    assert not cast.is_sample
    assert cast.terms is None


def test_parties_with_folders_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for parent in ("x", "y"):
        (tmp_path / parent / "intel").mkdir(parents=True)
        (tmp_path / parent / "intel" / "a.json").write_text("x")
    cast = from_files(tmp_path / "x" / "intel", tmp_path / "y" / "intel", "Predator")
    assert (cast.first.name, cast.second.name) == ("intel (first)", "intel (second)")


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_a_folder_with_nothing_in_it_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadArgument, match=f"there is no file in .*{name}"):
        from_files(tmp_path / name, tmp_path / name, "Predator")
