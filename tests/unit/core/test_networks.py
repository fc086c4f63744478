"""Sets of networks: what touches what, by address."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.networks import Bounds, bounds, networks

v4 = st.integers(0, 2**32 - 1).map(lambda number: str(ipaddress.IPv4Address(number)))
v4_networks = st.tuples(v4, st.integers(0, 32)).map(lambda parts: f"{parts[0]}/{parts[1]}")
v6 = st.integers(0, 2**128 - 1).map(lambda number: str(ipaddress.IPv6Address(number)))
v6_networks = st.tuples(v6, st.integers(0, 128)).map(lambda parts: f"{parts[0]}/{parts[1]}")


def test_the_bounds_of_an_address_are_the_address() -> None:
    assert bounds("192.0.2.7") == Bounds(4, 0xC0000207, 0xC0000207)
    assert bounds("2001:db8::1").prefix == 128


def test_the_bounds_of_a_network_ignore_the_bits_beyond_its_prefix() -> None:
    assert bounds("192.0.2.7/24") == bounds("192.0.2.0/24") == Bounds(4, 0xC0000200, 0xC00002FF)
    assert bounds("192.0.2.7/24").prefix == 24
    assert bounds("2001:db8::/32").prefix == 32


def test_an_address_mapped_into_ipv6_is_the_ipv4_address() -> None:
    assert bounds("::ffff:192.0.2.7") == bounds("192.0.2.7")


@pytest.mark.parametrize(
    "text",
    ["", "1.2.3", "1.2.3.256", "1.2.3.-4", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/x", "1.2.3.٤", "x::"],
)
def test_what_is_no_address_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"address|network|IP|expected|permitted"):
        bounds(text)


@given(st.one_of(v4_networks, v6_networks))
def test_bounds_agree_with_the_standard_library(text: str) -> None:
    expected = ipaddress.ip_network(text, strict=False)
    found = bounds(text)
    first = int(expected.network_address)
    if expected.version == 6 and first >> 32 == 0xFFFF:
        return  # mapped, and so IPv4
    assert (found.family, found.first, found.last) == (expected.version, first, int(expected.broadcast_address))
    assert found.prefix == expected.prefixlen


@given(st.lists(v4_networks, max_size=8), v4_networks)
def test_touching_agrees_with_the_standard_library(members: list[str], wanted: str) -> None:
    found = networks((bounds(member), member) for member in members)
    expected = any(
        ipaddress.ip_network(wanted, strict=False).overlaps(ipaddress.ip_network(member, strict=False))
        for member in members
    )
    assert (found.touching(bounds(wanted)) is not None) == expected


@pytest.mark.parametrize(
    ("text", "carried"),
    [
        ("2002:cb00:7109::1", ["203.0.113.9/32"]),
        ("2002:cb00::/32", ["203.0.0.0/16"]),
        ("2002::/16", ["0.0.0.0/0"]),
        ("2002::/15", []),
        ("2001:0:cb00:7109::/64", ["203.0.113.9/32"]),
        ("2001:0:cb00:7109:0:0:39cc:9bf8", ["203.0.113.9/32", "198.51.100.7/32"]),
        ("::203.0.113.9", ["203.0.113.9/32"]),
        ("2001:db8::1", []),
        ("203.0.113.9", []),
    ],
)
def test_the_ipv4_networks_that_an_ipv6_network_stands_for(text: str, carried: list[str]) -> None:
    assert list(map(str, bounds(text).carried())) == carried


def test_families_are_kept_apart() -> None:
    found = networks([(bounds("::/96"), "six")])
    assert found.touching(bounds("0.0.0.1")) is None
    assert found.touching(bounds("::1")) == "six"


def test_the_label_is_that_of_the_widest_network() -> None:
    found = networks([(bounds("192.0.2.0/28"), "inner"), (bounds("192.0.2.0/24"), "outer")])
    assert found.touching(bounds("192.0.2.1")) == "outer"


def test_an_empty_set_touches_nothing() -> None:
    assert networks([]).touching(bounds("192.0.2.1")) is None
