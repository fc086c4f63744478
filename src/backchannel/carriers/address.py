"""Where a counterpart's mailboxes are, as text: `folder:PATH`, `https://HOST:PORT[/BASE][#sha256=PIN]` or
`self`."""

import re
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import msgspec

from backchannel.carriers.folder import FolderCarrier
from backchannel.carriers.https import HttpsCarrier, unhurried
from backchannel.core.identity import is_sha256
from backchannel.errors import BadAddress
from backchannel.flow.ports_carriers import Carrier

_HOST = re.compile(r"[0-9a-z](?:[0-9a-z.-]{0,251}[0-9a-z])?|[0-9a-f:.]{2,45}")
_BASE = re.compile(r"(?:/[0-9A-Za-z._~-]+)*")


class Kind(Enum):
    """What moves the envelopes."""

    FOLDER = "folder"
    HTTPS = "https"
    OWN = "self"


class Address(msgspec.Struct, frozen=True):
    """A parsed address: `place` is the folder's path or the URL without its pin, and empty for `self`."""

    kind: Kind
    place: str = ""
    pin: str | None = None

    def __str__(self) -> str:
        if self.kind is Kind.OWN:
            return "self"
        if self.kind is Kind.FOLDER:
            return f"folder:{self.place}"
        return f"{self.place}#sha256={self.pin}" if self.pin else self.place


def parse(text: str, *, base: Path | None = None) -> Address:
    """An address; a relative folder is taken from `base`, where one is given, so that it means the same
    later.

    Raises:
        BadAddress: it is none; the message says what is wrong with it.
    """
    if not text.isprintable() or len(text) > 2048:
        raise BadAddress(f"{text[:60]!r}: an address is one line of at most 2048 printable characters")
    if text == Kind.OWN.value:
        return Address(Kind.OWN)
    scheme, colon, rest = text.partition(":")
    if colon and scheme == Kind.FOLDER.value:
        return _folder(rest, base)
    if colon and scheme.lower() == Kind.HTTPS.value:
        return _https(text)
    if scheme.lower() == "http":
        raise BadAddress(f"{text!r} is not encrypted; the address of a counterpart starts with https://")
    raise BadAddress(f"{text!r} is none of folder:PATH, https://HOST:PORT and self")


def open_carrier(
    address: Address,
    *,
    own_mailboxes: Carrier,
    pin: str | None = None,
    seconds_left: Callable[[], float] = unhurried,
) -> Carrier:
    """The carrier for an address. `pin` is the certificate on the counterpart's key card (SHA-256 in hex), if
    any. `seconds_left` says how long a request may take that starts now.

    Nothing is contacted or created yet.
    """
    if address.kind is Kind.OWN:
        return own_mailboxes
    if address.kind is Kind.FOLDER:
        return FolderCarrier(Path(address.place))
    # An address that pins a certificate is a relay's, or a server the card does not know: its own pin counts.
    return HttpsCarrier(address.place, pin=address.pin or pin, seconds_left=seconds_left)


def _folder(place: str, base: Path | None) -> Address:
    if not place.strip():
        raise BadAddress("folder: names no folder; write folder:PATH")
    try:
        path = Path(place).expanduser()
    except RuntimeError as error:
        raise BadAddress(f"folder:{place}: {error}") from None
    return Address(Kind.FOLDER, str(base / path if base else path))


def _https(text: str) -> Address:
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise BadAddress(f"{text!r}: {error}") from None
    try:
        port = parts.port
    except ValueError:
        raise BadAddress(f"{text!r}: a port is a number from 1 to 65535") from None
    if parts.username is not None or parts.password is not None or parts.query or port == 0:
        raise BadAddress(f"{text!r}: only a host, a port, a path and a pin belong in it")
    host = parts.hostname or ""
    if not _HOST.fullmatch(host) or ".." in host:
        raise BadAddress(f"{text!r}: {host!r} is not a host; write other scripts as xn--…")
    path = parts.path.rstrip("/")
    if not _BASE.fullmatch(path) or "/.." in path or "/./" in path + "/":
        raise BadAddress(f"{text!r}: {path!r} is not a plain path")
    shown = f"[{host}]" if ":" in host else host
    return Address(Kind.HTTPS, f"https://{shown}{f':{port}' if port else ''}{path}", _pin(text, parts))


def _pin(text: str, parts: SplitResult) -> str | None:
    if not parts.fragment:
        return None
    name, _, pin = parts.fragment.partition("=")
    if name != "sha256" or not is_sha256(pin.lower()):
        raise BadAddress(f"{text!r}: a pin is #sha256= and 64 hex characters")
    return pin.lower()
