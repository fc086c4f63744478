"""Poison: our own assets, special-use space and the whole world are caught; real indicators are not."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.canonical import Observable, canonical, guess
from backchannel.core.pattern import parse
from backchannel.core.poison import Assets, Poison, assets, is_suffix, judge, too_broad

OURS = assets(
    ["bank.example", "mail.corp.example.net", "198.51.100.0/24", "2001:db8:7::/48", "203.0.113.9", "@letters.test"]
)


def unlisted(_kind: str, _value: str) -> str | None:
    return None


def look(kind: str, text: str, own: Assets = OURS) -> Poison | None:
    return judge(canonical(kind, text), own, unlisted)


def rule(kind: str, text: str) -> str | None:
    found = look(kind, text)
    return None if found is None else found.rule


# --- own assets ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("domain-name", "bank.example"),
        ("domain-name", "BANK[.]example"),
        ("domain-name", "vpn.bank.example"),
        ("url", "https://login.bank.example/reset?x=1"),
        ("url", "https://user@bank.example:8443/"),
        ("email-addr", "ceo@bank.example"),
        ("email-addr", "anybody@letters.test"),
        ("ipv4-addr", "198.51.100.77"),
        ("ipv4-addr", "203.0.113.9"),
        ("ipv6-addr", "2001:db8:7::1"),
        ("ipv6-addr", "::ffff:198.51.100.77"),
        ("url", "http://198.51.100.77/a"),
        ("socket-addr", "198.51.100.77:443"),
        ("socket-addr", "[2001:db8:7::1]:443"),
        ("ipv6-addr", "2002:cb00:7109::1"),
        ("ipv6-addr", "2002:c633:6400::/40"),
        ("ipv6-addr", "2001:0:c633:6401::1"),
        ("ipv6-addr", "2001:0:101:101:0:0:34ff:8ef6"),
        ("ipv6-addr", "::203.0.113.9"),
        ("url", "http://0xcb.0x00.0x71.0x09/"),
        ("url", "http://0xCB007109/"),
        ("url", "http://3405803785/"),
        ("url", "http://203.0.0x7109/"),
        ("url", "http://[2002:cb00:7109::1]/"),
    ],
)
def test_a_value_that_would_make_us_block_an_own_asset_is_poison(kind: str, text: str) -> None:
    found = look(kind, text)
    assert found is not None
    assert found.rule == "own-asset"
    assert found.harmful


def test_a_name_above_an_own_name_is_poison_because_blocking_it_blocks_ours() -> None:
    found = look("domain-name", "corp.example.net")
    assert found is not None
    assert found.evidence == "a name of ours lies below 'corp.example.net'"


def test_a_network_around_an_own_address_is_poison() -> None:
    assert rule("ipv4-addr", "203.0.113.0/24") == "own-asset"
    assert rule("ipv6-addr", "2001:db8::/32") == "own-asset"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("domain-name", "bank.example.evil.test"),
        ("domain-name", "notbank.example"),
        ("domain-name", "letters.test"),
        ("domain-name", "evil.corp.example.net"),
        ("ipv4-addr", "203.0.113.10"),
        ("url", "https://evil.test/bank.example"),
        ("url", "https://bank.example@evil.test/"),
        ("email-addr", "bank.example@evil.test"),
        ("file-sha256", "ab" * 32),
    ],
)
def test_a_value_that_only_resembles_an_own_asset_is_none(kind: str, text: str) -> None:
    assert look(kind, text) is None


@pytest.mark.parametrize("entry", ["", "localhost", "10.0.0.0/99", "a b.example", "@", "x@y@", "1.2.3"])
def test_an_asset_that_is_none_is_refused_with_a_sentence(entry: str) -> None:
    with pytest.raises(ValueError, match=r"is not|no dot|is neither"):
        assets([entry])


def test_own_assets_that_are_special_anyway_still_count_as_ours() -> None:
    own = assets(["intranet.local", "10.1.0.0/16"])
    found = judge(Observable("domain-name", "intranet.local"), own, unlisted)
    assert found is not None
    assert found.rule == "own-asset"


# --- special use, documentation --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "0.1.2.3", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.31.255.255", "192.168.1.1",
        "198.18.0.1", "224.0.0.251", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1",
        "fc00::1", "fd12::1", "ff02::1", "fec0::1", "64:ff9b::808:808", "::ffff:127.0.0.1", "192.168.0.0/15",
    ],
)  # fmt: skip
def test_an_address_for_special_use_is_poison(address: str) -> None:
    assert rule("ip", address) == "special-use"


@pytest.mark.parametrize(
    "name", ["printer.local", "db.internal", "1.0.0.127.in-addr.arpa", "x.invalid", "router.lan", "a.localhost"]
)
def test_a_local_name_is_poison(name: str) -> None:
    assert rule("domain-name", name) == "special-use"
    assert rule("url", f"http://{name}/x") == "special-use"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("ip", "192.0.2.1"),
        ("ip", "203.0.113.77"),
        ("ip", "2001:db8:1::1"),
        ("domain-name", "evil.example"),
        ("domain-name", "example.com"),
        ("domain-name", "c2.test"),
        ("domain-name", "abcdefghij234567.onion"),
    ],
)
def test_names_and_addresses_for_documentation_are_not_poison(kind: str, text: str) -> None:
    assert look(kind, text) is None


# --- too broad -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("network", "broad"), [("8.0.0.0/15", True), ("8.8.0.0/16", False)])
def test_a_network_wider_than_a_sixteen_is_poison(network: str, broad: bool) -> None:
    assert (rule("ip", network) == "too-broad") == broad


@pytest.mark.parametrize(("network", "broad"), [("2a00::/31", True), ("2a00:1450::/32", False)])
def test_an_ipv6_network_wider_than_a_thirty_two_is_poison(network: str, broad: bool) -> None:
    assert (rule("ip", network) == "too-broad") == broad


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("com", True), ("co.uk", True), ("gov.uk", True), ("uk", True), ("evil.uk", False), ("com.example", False)],
)
def test_a_suffix_is_told_from_a_name(name: str, suffix: bool) -> None:
    assert is_suffix(name) == suffix


def test_a_registry_suffix_is_poison() -> None:
    assert rule("domain-name", "co.uk") == "too-broad"


@pytest.mark.parametrize(
    "pattern",
    [
        "[domain-name:value LIKE '%']",
        "[domain-name:value LIKE '%.com']",
        "[domain-name:value LIKE '%.online']",
        "[domain-name:value LIKE '%.co.uk']",
        "[url:value MATCHES '.*']",
        "[url:value MATCHES '^https?://.+']",
        "[url:value LIKE 'https://www.%.com/%']",
        "[ipv4-addr:value MATCHES '^[0-9]+\\\\.[0-9]+']",
        "[ipv4-addr:value LIKE '10.%']",
        "[domain-name:value = 'com']",
        "[domain-name:value IN ('evil.example', 'CO.UK.')]",
        "[domain-name:value != 'evil.example']",
        "[ipv4-addr:value NOT ISSUBSET '198.51.100.0/24']",
        "[EXISTS file:name]",
        "[network-traffic:dst_port = 443]",
        "[domain-name:value = 'evil.example' OR url:value LIKE '%']",
        "[file:name LIKE '%.exe'] AND [file:size > 10]",
        "[file:name = 'svchost.exe']",
        "[file:name LIKE 'svchost.exe' AND file:size > 0]",
        "[file:name = 'svchost.exe' OR file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']",
        "[directory:path = '/']",
        "[file:parent_directory_ref.'path' = 'C:\\\\Windows']",
        "[email-message:subject = 'invoice']",
        "[user-account:account_login = 'root']",
        "[user-account:user_id IN ('0', '1000')]",
    ],
)
def test_a_pattern_that_is_met_by_nearly_everything_is_called_so(pattern: str) -> None:
    assert too_broad(parse(pattern)) is not None


@pytest.mark.parametrize(
    "pattern",
    [
        "[domain-name:value = 'evil.example']",
        "[domain-name:value LIKE '%.evil-c2.example']",
        "[url:value MATCHES '^https?://[a-z]+\\\\.evilhost\\\\.com/gate']",
        "[ipv4-addr:value LIKE '198.51.100.%']",
        "[ipv4-addr:value ISSUBSET '198.51.100.0/24']",
        "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']",
        "[network-traffic:dst_ref.value = '198.51.100.7' AND network-traffic:dst_port = 443]",
        "[domain-name:value = 'evil.example' AND domain-name:value != 'www.evil.example']",
        "[autonomous-system:number = 64496]",
        "[process:name = 'evil']",
        "[file:name = 'svchost.exe' AND file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']",
        "[email-message:subject = 'invoice' AND email-message:from_ref.value = 'a@evil.example']",
    ],
)
def test_a_pattern_about_something_in_particular_is_not_too_broad(pattern: str) -> None:
    assert too_broad(parse(pattern)) is None


# --- popular ---------------------------------------------------------------------------------------------------


def listed(kind: str, value: str) -> str | None:
    return "most visited" if (kind, value) == ("domain-name", "search.example") else None


@pytest.mark.parametrize(
    ("kind", "text"),
    [("domain-name", "search.example"), ("url", "https://search.example/"), ("socket-addr", "search.example:443")],
)
def test_a_popular_host_is_doubtful_and_not_harmful_for_certain(kind: str, text: str) -> None:
    found = judge(canonical(kind, text), OURS, listed)
    assert found is not None
    assert found.rule == "popular"
    assert not found.harmful
    assert "most visited" in found.evidence


@pytest.mark.parametrize(
    ("kind", "text"), [("url", "https://search.example/files/evil"), ("email-addr", "crook@search.example")]
)
def test_one_page_or_mailbox_at_a_popular_host_is_no_poison(kind: str, text: str) -> None:
    assert judge(canonical(kind, text), OURS, listed) is None


def test_a_hash_can_be_popular() -> None:
    found = judge(Observable("file-md5", "ab" * 16), OURS, lambda kind, _value: kind)
    assert found is not None
    assert found.evidence.endswith("'file-md5'")


def test_what_is_ours_is_said_to_be_ours_even_if_it_is_popular() -> None:
    found = judge(Observable("domain-name", "bank.example"), OURS, lambda _kind, _value: "list")
    assert found is not None
    assert found.rule == "own-asset"


@given(st.text(max_size=60))
def test_whatever_the_value_the_answer_is_a_reason_or_nothing(text: str) -> None:
    observable = guess(text)
    if observable is not None:
        found = judge(observable, OURS, unlisted)
        assert found is None or found.evidence.isprintable()


label = st.text("abcdefghij", min_size=3, max_size=8)


@given(st.lists(label, min_size=1, max_size=4))
def test_everything_below_an_own_name_is_ours(labels: Iterable[str]) -> None:
    assert rule("domain-name", ".".join([*labels, "bank.example"])) == "own-asset"
