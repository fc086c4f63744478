"""What an operator does with canaries: how many, below which domains, and whose copy it is that leaked."""

import csv
import io
import json
import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from backchannel.core.canary import MOST
from backchannel.core.poison import Poison
from backchannel.errors import BadArgument, BadSettings, NoCanaryDomains
from backchannel.flow.ports import Filter
from backchannel.node import holdings
from backchannel.node.canaries import CheckReport, canaries, check
from backchannel.node.exchange import preview, release
from backchannel.node.holdings import Selection
from backchannel.node.misp_export import misp_event
from backchannel.node.node import Node
from backchannel.node.settings import FILE, Settings, load
from backchannel.node.wiring import vetting_services
from two_nodes import SETTINGS, Pair, copy_of, make_pair, opened
from two_parties import NOW


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Two nodes with an agreement, of which A has a domain for canaries and released three."""
    pair = make_pair(tmp_path_factory.mktemp("canaries"))
    (pair.a / FILE).write_text(f'{SETTINGS}canary_domains = ["Example.com"]\n')
    node = opened(pair.a)
    release(node, pair.agreement, canaries=3)
    node.close()
    return pair


@pytest.fixture
def pair(first: Pair, tmp_path: Path) -> Pair:
    return copy_of(first, tmp_path / "copy")


def looked(node: Node, *arguments: object, stdin: bytes = b"") -> CheckReport:
    return check(node, [str(one) for one in arguments], io.BytesIO(stdin))


def names(report: CheckReport) -> list[str]:
    return [one.canary.name for one in report.found]


def test_the_list_says_whose_copy_each_marks_and_when_it_left(pair: Pair) -> None:
    node = opened(pair.a)
    found = canaries(node)
    assert canaries(node, pair.agreement[:12]) == found
    assert {(one.recipient, one.agreement, one.onward, one.released) for one in found} == {
        ("Vendor", pair.agreement, "ask", NOW)
    }
    assert len({one.name for one in found}) == 3
    assert all(one.name.endswith(".example.com") for one in found)
    node.close()


def test_check_names_the_recipient_for_every_spelling(pair: Pair) -> None:
    node = opened(pair.a)
    for one in canaries(node):
        defanged = one.name.replace(".", "[.]")
        spellings = [
            one.name,
            one.name.upper(),
            defanged,
            f"hxxps://{defanged}/path?q=1",
            f"http://www.{one.name}:8080/",
            f"mail@{one.name}",
            f"[domain-name:value = '{one.name}']",
            one.indicator,
            one.indicator.partition("--")[2].upper(),
        ]
        for text in spellings:
            report = looked(node, text)
            assert [(each.canary.recipient, each.canary.name) for each in report.found] == [("Vendor", one.name)], (
                text
            )
            assert (report.files, report.values, report.problems) == (0, 1, [])
    assert looked(node, "example.com", "cdn.example.com", "h0.example").found == []
    node.close()


def test_check_finds_a_canary_in_files_of_any_kind_and_says_where(pair: Pair, tmp_path: Path) -> None:
    node = opened(pair.a)
    one, two, _ = canaries(node)
    bundle = tmp_path / "bundle.json"
    objects = [{"type": "x", "id": f"x-a--{one.indicator[-36:-1]}x"}, {"type": "indicator", "id": one.indicator}]
    bundle.write_text(json.dumps({"type": "bundle", "objects": objects}))
    table = tmp_path / "table.csv"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([["value", "note"], ["a.example", ""], [one.name, 'a "b"'], [one.name, ""]])
    log = tmp_path / "dns.log"
    log.write_bytes(
        b"\r\n".join(b"query %d: h%d.example" % (n, n) for n in range(9_000)) + f"\r\n{two.name}".encode()
    )
    wide = tmp_path / "wide.txt"
    wide.write_bytes(f"first\nsecond {one.name}\n".encode("utf-16"))
    report = looked(node, bundle, table, log, wide, "-", stdin=two.name.encode())
    assert [
        (Path(each.where).name, each.line, each.object, each.times, each.canary.name) for each in report.found
    ] == [
        ("bundle.json", 1, one.indicator, 1, one.name),
        ("table.csv", 3, None, 2, one.name),
        ("dns.log", 9_001, None, 1, two.name),
        ("wide.txt", 2, None, 1, one.name),
        ("-", 1, None, 1, two.name),
    ]
    assert (report.files, report.values) == (5, 0)
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "leak").write_text(two.name)
    assert names(looked(node, folder)) == [two.name]
    node.close()


def test_check_survives_hostile_files(pair: Pair, tmp_path: Path) -> None:
    node = opened(pair.a)
    one, *_ = canaries(node)
    random = os.urandom(200_000)
    for number, around in enumerate(
        (b"\0" * 200_000, b"\xff\xfe" * 100_000, b"-a" * 100_000, random, b"[" * 200_000)
    ):
        path = tmp_path / f"hostile{number}"
        path.write_bytes(around + b"\n" + one.name.encode() + b"\n" + around)
        assert names(looked(node, path)) == [one.name]
    odd = tmp_path / "odd\x1b[31m\nname"
    odd.write_text(one.name)
    assert names(looked(node, odd)) == [one.name]
    for value in ("a\0b", "x" * 100_000, "\ud800", "", "/nowhere/at/all"):
        assert looked(node, value).found == []
    node.close()


def test_what_cannot_be_read_is_said_and_the_rest_is_looked_through(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = opened(pair.a)
    one, *_ = canaries(node)
    locked, sound = tmp_path / "a", tmp_path / "b"
    locked.write_text(one.name)
    sound.write_text(one.name)
    real = Path.open

    def refusing(path: Path, *arguments: str) -> object:
        if path == locked:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments)

    monkeypatch.setattr(Path, "open", refusing)
    report = looked(node, tmp_path / "a", tmp_path / "b")
    monkeypatch.undo()
    assert report.problems == [f"{locked} was not read: Permission denied"]
    assert [each.where for each in report.found] == [str(sound)]
    node.close()


def test_only_the_node_that_made_a_canary_knows_it(pair: Pair) -> None:
    a, b = opened(pair.a), opened(pair.b)
    one, *_ = canaries(a)
    assert canaries(b) == []
    assert looked(b, one.name).found == []
    a.close()
    b.close()


def test_canaries_are_in_no_export(pair: Pair) -> None:
    node = opened(pair.a)
    labels = [one.name.partition(".")[0] for one in canaries(node)]
    out = io.BytesIO()
    holdings.export(node, Selection(), out)
    event, _ = misp_event(node, Selection())
    written = out.getvalue().decode() + repr(event)
    assert "h0.example" in written
    assert not any(label in written for label in labels)
    with node.db.read() as tx:
        assert not any(label in str(held.raw) for held in tx.holdings.find(Filter()) for label in labels)
    node.close()


def test_names_of_canaries_are_own_assets_that_no_counterpart_can_have_us_block() -> None:
    poison = vetting_services(Settings(canary_domains=("example.com",), warning_lists=False)).poison
    found = poison("domain-name", "cdn-4k2j9x0q.example.com")
    assert isinstance(found, Poison)
    assert (found.rule, found.harmful) == ("own-asset", True)
    assert vetting_services(Settings(warning_lists=False)).poison("domain-name", "cdn-4k2j9x0q.example.com") is None


def test_a_setting_that_names_no_domain_is_refused(tmp_path: Path) -> None:
    for text in ("192.0.2.1", "com", "not a domain"):
        (tmp_path / FILE).write_text(f'canary_domains = ["{text}"]\n')
        with pytest.raises(BadSettings, match="canary_domains"):
            load(tmp_path, {})
    assert load(tmp_path / "none", {"BACKCHANNEL_CANARY_DOMAINS": "example.com, example.net"}).canary_domains == (
        "example.com",
        "example.net",
    )


def test_a_node_without_domains_adds_none(pair: Pair) -> None:
    node = opened(pair.a)
    node = node.with_settings(replace(node.settings, canary_domains=()))
    with pytest.raises(NoCanaryDomains):
        preview(node, pair.agreement, canaries=1)
    with pytest.raises(NoCanaryDomains):
        release(node, pair.agreement, canaries=1)
    assert len(canaries(node)) == 3
    node.close()


@pytest.mark.parametrize("number", [-1, MOST + 1])
def test_a_number_out_of_bounds_is_refused(pair: Pair, number: int) -> None:
    node = opened(pair.a)
    with pytest.raises(BadArgument, match=f"it takes 1 to {MOST}"):
        preview(node, pair.agreement, canaries=number)
    node.close()
