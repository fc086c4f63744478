"""Warning lists: bystanders are recognised, and what attackers rent is not mistaken for one."""

from importlib.util import find_spec
from pathlib import Path

import msgspec
import pytest

from backchannel.core.observable import from_pattern
from backchannel.core.pattern import parse
from backchannel.core.poison import Assets, judge
from backchannel.errors import DamagedExtra, MissingExtra
from backchannel.formats import warninglists
from backchannel.formats.warninglists import WarningLists
from paths import SHARED_DATA, needs_shared_data

needs_extra = pytest.mark.skipif(
    find_spec("pymispwarninglists") is None, reason="the extra `warninglists` is not installed"
)

SMALL = {
    "tranco10k": ("Visited", ["search.example", "www.shop.example", "pages.example", "sub.visited.example"]),
    "alexa": ("Visited too", ["search.example"]),
    "bank-website": ("Banks", [".bank.example", "Credit.Example"]),
    "google": ("Operator", [".operator.example", "cloud.example"]),
    "second-level-tlds": ("Suffixes", ["pages.example", "cloud.example"]),
    "public-dns-v4": ("Resolvers", ["192.0.2.53", "not an address"]),
    "cloudflare": ("Front ends (https://lists.example/v4)", ["198.51.100.0/24"]),
    "public-dns-v6": ("Resolvers 6", ["2001:db8::53"]),
    "empty-hashes": ("Empty files", ["D41D8CD98F00B204E9800998ECF8427E"]),
    "vpn-ipv4": ("VPN exits", ["203.0.113.0/24"]),
    "dynamic-dns": ("Dynamic", [".dyn.example"]),
}


@pytest.fixture(name="lists")
def _lists(tmp_path: Path) -> WarningLists:
    for folder, (name, entries) in SMALL.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "list.json").write_bytes(msgspec.json.encode({"name": name, "list": entries}))
    return WarningLists(tmp_path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("search.example", "Visited"),
        ("www.search.example", "Visited"),
        ("shop.example", "Visited"),
        ("login.search.example", None),
        ("visited.example", None),
        ("bank.example", "Banks"),
        ("credit.example", "Banks"),
        ("online.bank.example", "Banks"),
        ("a.b.operator.example", "Operator"),
        ("notbank.example", None),
        ("bank.example.evil.test", None),
        ("evil.test", None),
    ],
)
def test_a_site_is_met_by_name_and_an_operator_by_all_below_its_name(
    lists: WarningLists, name: str, expected: str | None
) -> None:
    assert lists.popular("domain-name", name) == expected


def test_a_suffix_is_popular_and_what_strangers_register_under_it_is_not(lists: WarningLists) -> None:
    assert lists.popular("domain-name", "cloud.example") == "Suffixes"
    assert lists.popular("domain-name", "evil.cloud.example") is None
    assert lists.popular("domain-name", "a.evil.pages.example") is None


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("ipv4-addr", "192.0.2.53", "Resolvers"),
        ("ipv4-addr", "192.0.2.54", None),
        ("ipv4-addr", "198.51.100.7", "Front ends"),
        ("ipv4-addr", "198.51.0.0/16", "Front ends"),
        ("ipv6-addr", "2001:db8::53", "Resolvers 6"),
        ("ipv6-addr", "2001:db8::54", None),
    ],
)
def test_an_address_is_met_by_the_network_it_touches(
    lists: WarningLists, kind: str, value: str, expected: str | None
) -> None:
    assert lists.popular(kind, value) == expected


def test_a_hash_of_a_harmless_file_is_met_in_any_case(lists: WarningLists) -> None:
    assert lists.popular("file-md5", "d41d8cd98f00b204e9800998ecf8427e") == "Empty files"
    assert lists.popular("file-md5", "ab" * 16) is None


def test_lists_of_where_attackers_live_are_not_taken(lists: WarningLists) -> None:
    assert lists.popular("ipv4-addr", "203.0.113.7") is None
    assert lists.popular("domain-name", "evil.dyn.example") is None


@pytest.mark.parametrize("kind", ["url", "mutex", "email-addr", "autonomous-system"])
def test_types_that_no_list_is_about_are_never_popular(lists: WarningLists, kind: str) -> None:
    assert lists.popular(kind, "search.example") is None


def test_without_the_package_the_extra_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warninglists, "find_spec", lambda _name: None)
    with pytest.raises(MissingExtra, match="warninglists"):
        WarningLists()


def test_a_package_without_lists_or_with_a_broken_list_is_a_damaged_extra(tmp_path: Path) -> None:
    with pytest.raises(DamagedExtra, match="no lists"):
        WarningLists(tmp_path)
    (tmp_path / "alexa").mkdir()
    (tmp_path / "alexa" / "list.json").write_text("[]")
    with pytest.raises(DamagedExtra, match="alexa"):
        WarningLists(tmp_path)


@pytest.fixture(name="published", scope="module")
def _published() -> WarningLists:
    return WarningLists()


@needs_extra
@pytest.mark.parametrize("value", ["google.com", "www.microsoft.com", "github.io", "wikipedia.org"])
def test_the_published_lists_hold_what_everybody_uses(published: WarningLists, value: str) -> None:
    assert published.popular("domain-name", value) is not None


@needs_extra
def test_the_published_lists_hold_public_resolvers_and_no_rented_cloud(published: WarningLists) -> None:
    assert published.popular("ipv4-addr", "8.8.8.8") is not None
    assert published.popular("ipv6-addr", "2001:4860:4860::8888") is not None
    assert published.popular("ipv4-addr", "52.1.2.3") is None
    assert published.popular("domain-name", "evil.azurewebsites.net") is None


@needs_extra
@needs_shared_data
def test_no_published_indicator_of_mercenary_spyware_is_called_poison(published: WarningLists) -> None:
    for file in sorted((SHARED_DATA / "amnesty").glob("*.stix2")):
        for one in msgspec.json.decode(file.read_bytes())["objects"]:
            named = from_pattern(parse(one["pattern"]).comparisons) if one["type"] == "indicator" else ()
            assert not [found for value in named if (found := judge(value, Assets(), published.popular))]
