"""Addresses of carriers: what is understood, what is refused, and which carrier comes of it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.carriers.address import Address, Kind, open_carrier, parse
from backchannel.carriers.folder import FolderCarrier
from backchannel.carriers.https import HttpsCarrier
from backchannel.errors import BadAddress, CarrierError
from backchannel.flow.ports_carriers import Mailbox

PIN = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("self", Address(Kind.OWN)),
        ("folder:DROP", Address(Kind.FOLDER, "DROP")),
        ("folder:/mnt/stick/with blanks", Address(Kind.FOLDER, "/mnt/stick/with blanks")),
        ("https://node.example:8443", Address(Kind.HTTPS, "https://node.example:8443")),
        ("https://node.example", Address(Kind.HTTPS, "https://node.example")),
        ("https://Node.EXAMPLE:8443/", Address(Kind.HTTPS, "https://node.example:8443")),
        ("HTTPS://192.0.2.7:1/base/x/", Address(Kind.HTTPS, "https://192.0.2.7:1/base/x")),
        ("https://[2001:db8::7]:8443", Address(Kind.HTTPS, "https://[2001:db8::7]:8443")),
        (f"https://node.example#sha256={PIN}", Address(Kind.HTTPS, "https://node.example", PIN)),
        (f"https://node.example/b#sha256={PIN.upper()}", Address(Kind.HTTPS, "https://node.example/b", PIN)),
    ],
)
def test_an_address_is_understood_and_written_back_the_same(text: str, address: Address) -> None:
    assert parse(text) == address
    assert parse(str(address)) == address


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "none of"),
        ("DROP", "none of"),
        ("selfish", "none of"),
        ("ftp://node.example", "none of"),
        ("http://node.example:8443", "not encrypted"),
        ("folder:", "names no folder"),
        ("folder:  ", "names no folder"),
        ("folder:a\0b", "printable"),
        ("folder:a\nb", "printable"),
        ("https://", "is not a host"),
        ("https:///path", "is not a host"),
        ("https://no_de.example", "is not a host"),
        ("https://a..example", "is not a host"),
        ("https://münchen.example", "xn--"),
        ("https://node.example:0", "only a host"),
        ("https://node.example:65536", "1 to 65535"),
        ("https://node.example:eighty", "1 to 65535"),
        ("https://[2001:db8::7", "Invalid IPv6"),
        ("https://user@node.example", "only a host"),
        ("https://user:pass@node.example", "only a host"),
        ("https://node.example/?a=b", "only a host"),
        ("https://node.example/../x", "not a plain path"),
        ("https://node.example/a//b", "not a plain path"),
        ("https://node.example/%2e%2e", "not a plain path"),
        ("https://node.example#sha256=12", "64 hex"),
        (f"https://node.example#md5={PIN}", "64 hex"),
        (f"https://node.example#{PIN}", "64 hex"),
        ("https://node.example/" + "a" * 2100, "2048"),
    ],
)
def test_what_is_no_address_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(BadAddress, match=reason) as caught:
        parse(text)
    assert "\n" not in str(caught.value)
    assert "folder:PATH" in caught.value.advice


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda rest: f"https://{rest}"))
def test_whatever_the_text_an_address_or_the_one_error_comes_of_it(text: str) -> None:
    try:
        address = parse(text)
    except BadAddress:
        return
    assert parse(str(address)) == address


def test_a_relative_folder_is_taken_from_the_base_so_that_it_means_the_same_later(tmp_path: Path) -> None:
    assert parse("folder:DROP", base=tmp_path) == Address(Kind.FOLDER, str(tmp_path / "DROP"))
    assert parse("folder:/mnt/stick", base=tmp_path) == Address(Kind.FOLDER, "/mnt/stick")
    home = parse("folder:~/drop", base=tmp_path)
    assert home == Address(Kind.FOLDER, str(Path.home() / "drop"))


def test_each_kind_opens_its_carrier_and_touches_nothing(tmp_path: Path) -> None:
    own = FolderCarrier(tmp_path / "own")
    assert open_carrier(parse("self"), own_mailboxes=own) is own
    folder = open_carrier(parse("folder:DROP", base=tmp_path), own_mailboxes=own)
    assert isinstance(folder, FolderCarrier)
    assert folder.root == tmp_path / "DROP"
    assert isinstance(open_carrier(parse("https://node.example"), own_mailboxes=own), HttpsCarrier)
    assert list(tmp_path.iterdir()) == []


def test_a_carrier_over_the_net_takes_no_longer_than_it_is_told(tmp_path: Path) -> None:
    where, own = parse("https://node.example"), FolderCarrier(tmp_path)
    with pytest.raises(CarrierError, match="in time"):
        open_carrier(where, own_mailboxes=own, seconds_left=lambda: 0.0).list_after(Mailbox("ab" * 32, b"x"))


def test_the_pin_of_the_card_is_used_unless_the_address_has_one_of_its_own(tmp_path: Path) -> None:
    own = FolderCarrier(tmp_path)
    plain, pinned = parse("https://node.example"), parse(f"https://node.example#sha256={PIN}")
    for address, pin in ((plain, PIN), (pinned, None), (pinned, PIN), (pinned, "f" * 64)):
        carrier = open_carrier(address, own_mailboxes=own, pin=pin)
        assert isinstance(carrier, HttpsCarrier)
        assert carrier.pin == PIN
