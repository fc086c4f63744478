"""Popular names and addresses, from the MISP warning lists (the extra `warninglists`): acting on one hits
bystanders.

Rules. Taken are lists of what many honest people use: the most visited sites, the names of large
operators and banks, shared front ends (content delivery), mail exchanges, public resolvers, suffixes,
hashes of harmless files. Not taken are lists that say nothing against acting (scanners, rented clouds,
VPN exits, dynamic DNS, shorteners): attackers live there, and a warning on each would be one that nobody
reads.

A visited site is met by its exact name, with or without `www.`; an operator's name also by all below it,
but not below a suffix under which strangers register (`azurewebsites.net`). Addresses are met by network.
The lists are read straight from the package's files: its own loader takes seconds and much memory.
"""

from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import msgspec

from backchannel.core.networks import Bounds, Networks, bounds, networks
from backchannel.errors import DamagedExtra, MissingExtra

_LISTS = Path("data", "misp-warninglists", "lists")
_SUFFIXES = "second-level-tlds"
_VISITED = ("tranco10k", "majestic_million", "cisco_top10k", "moz-top500", "alexa")
_OPERATED = (
    "google",
    "microsoft",
    "microsoft-office365",
    "microsoft-win10-connection-endpoints",
    "captive-portals",
    "whats-my-ip",
    "findip-host",
    "security-provider-blogpost",
    "umbrella-blockpage-hostname",
    "bank-website",
    "dax30",
)
_ADDRESSES = (
    "public-dns-v4",
    "public-dns-v6",
    "cloudflare",
    "fastly",
    "stackpath",
    "apple",
    "wikimedia",
    "googlebot",
    "google-gmail-sending-ips",
    "microsoft-office365-ip",
    "smtp-sending-ips",
    "smtp-receiving-ips",
    "umbrella-blockpage-v4",
    "umbrella-blockpage-v6",
    "sinkholes",
)
_HASHES = ("empty-hashes", "eicar.com", "common-ioc-false-positive", "ti-falsepositives")


class _List(msgspec.Struct):
    name: str
    list: Sequence[str]


class WarningLists:
    """The lists as one index. Reads about 5 MB when made."""

    def __init__(self, folder: Path | None = None) -> None:
        """Read the lists in `folder`, by default those of the installed package.

        Raises:
            MissingExtra: the package is not installed.
            DamagedExtra: it is, and cannot be read.
        """
        found = folder or _installed()
        suffixes = dict(_names(_entries(found, (_SUFFIXES,))))
        self._suffixes = suffixes
        self._visited = dict(_names(_entries(found, _VISITED)))
        self._operated = dict(_names(_entries(found, _OPERATED)))
        self._addresses: Networks = networks(_networks(_entries(found, _ADDRESSES)))
        self._hashes = {value.lower(): name for name, value in _entries(found, _HASHES)}
        if not (self._visited or self._operated):
            raise DamagedExtra("the extra `warninglists` is installed, but has no lists of names")

    def popular(self, kind: str, value: str) -> str | None:
        """The name of a list on which a canonical value stands, or None. `kind` is the type of an observable;
        types that no list is about are never popular."""
        if kind == "domain-name":
            return self._name(value)
        if kind in {"ipv4-addr", "ipv6-addr"}:
            return self._addresses.touching(bounds(value))
        if kind.startswith("file-"):
            return self._hashes.get(value)
        return None

    def _name(self, name: str) -> str | None:
        bare = name.removeprefix("www.")
        found = self._suffixes.get(name) or self._visited.get(bare) or self._operated.get(bare)
        while found is None:
            _, dot, bare = bare.partition(".")
            if not dot or bare in self._suffixes:
                return None
            found = self._operated.get(bare)
        return found


def _installed() -> Path:
    found = find_spec("pymispwarninglists")
    if found is None or found.origin is None:
        raise MissingExtra("the extra `warninglists` is not installed")
    return Path(found.origin).parent / _LISTS


def _entries(folder: Path, wanted: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Name of the list and entry, for every entry of the wanted lists; the last list wins, so the best is
    first."""
    decoder = msgspec.json.Decoder(_List)
    for directory in reversed(tuple(wanted)):
        file = folder / directory / "list.json"
        try:
            decoded = decoder.decode(file.read_bytes())
        except FileNotFoundError:
            continue  # lists come and go with the package's versions
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DamagedExtra(f"the extra `warninglists` cannot be read: {directory}: {error}") from None
        for entry in decoded.list:
            yield decoded.name.partition(" (http")[0], entry


def _names(entries: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Names in their canonical spelling; `www.` and the dot before an operator's name are dropped."""
    for title, entry in entries:
        name = entry.strip().strip(".").lower().removeprefix("www.")
        if name.isascii() and "." in name and "/" not in name:
            yield name, title


def _networks(entries: Iterable[tuple[str, str]]) -> Iterator[tuple[Bounds, str]]:
    for title, entry in entries:
        try:
            yield bounds(entry.strip()), title
        except ValueError:
            continue  # the lists are kept by hand; an entry that is no address warns of nothing
