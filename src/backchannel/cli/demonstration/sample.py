"""Who plays in the demo and with which files: the made-up sample of two banks, or two folders of real ones.

The sample uses reserved names and addresses only. Its traps: a TLP:RED indicator and a report that names it; a second
threat that shares actor, technique and report with the first; an expired and a revoked indicator; a password and
a payload; on either side an indicator that hits the receiver's own assets; and two findings of the first party that
come back from the second, one under its own id and one copied into a list.
"""

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec

from backchannel.errors import BadArgument

LISTS = frozenset({".txt", ".csv", ".lst", ".list"})
"""Endings of indicator lists: they name no threat themselves, so they are imported with the threat's name."""

_BARE: Mapping[str, object] = {"synonyms": False, "warning_lists": False}
"""The sample needs no extras, and means the same whether they are installed or not."""


class Side(msgspec.Struct, frozen=True):
    """One party: its name, the folder of its node, its files, the mark of what has none, and its settings."""

    name: str
    home: str
    bundles: tuple[Path, ...]
    lists: tuple[Path, ...]
    tlp: str
    settings: Mapping[str, object] = {}


class Cast(msgspec.Struct, frozen=True):
    """Both parties and the threat that they agree on. `terms` is a terms file, or None for the template's terms;
    `is_sample` says that the traps are in it."""

    first: Side
    second: Side
    threat: str
    terms: Path | None = None
    is_sample: bool = False


def sample(folder: Path) -> Cast:
    """The made-up sample, its files laid out in `folder`."""
    _lay_out(files(__package__) / "sample", folder)
    return Cast(
        first=_side(
            "Northgate Bank CSIRT",
            "northgate",
            folder / "northgate",
            "amber",
            {**_BARE, "own_assets": ["northgate.example", "198.51.100.16/28"]},
        ),
        second=_side(
            "Harbour Trust Security",
            "harbour",
            folder / "harbour",
            "green",
            {**_BARE, "own_assets": ["harbourtrust.example", "203.0.113.0/28"]},
        ),
        threat="Tidewick",
        terms=folder / "terms.toml",
        is_sample=True,
    )


def from_files(first: Path, second: Path, threat: str) -> Cast:
    """Two folders, or files, of real intelligence. Each party is called as its folder.

    Raises:
        BadArgument: there is nothing in one of them.
    """
    names = [first.resolve().stem[:60] or "first", second.resolve().stem[:60] or "second"]
    if names[0].casefold() == names[1].casefold():
        names = [f"{names[0]} (first)", f"{names[1]} (second)"]
    return Cast(_side(names[0], "first", first, "amber"), _side(names[1], "second", second, "green"), threat)


def _side(name: str, home: str, source: Path, tlp: str, settings: Mapping[str, object] | None = None) -> Side:
    every = sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]
    visible = tuple(path.resolve() for path in every if path.is_file() and not path.name.startswith("."))
    if not visible:
        raise BadArgument(f"there is no file in {source}")
    lists = tuple(path for path in visible if path.suffix.lower() in LISTS)
    bundles = tuple(path for path in visible if path not in lists)
    return Side(name, home, bundles, lists, tlp, settings or {})


def _lay_out(source: Traversable, folder: Path) -> None:
    """Copy the shipped files, wherever the package is installed."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in source.iterdir():
        if one.is_dir():
            _lay_out(one, folder / one.name)
        else:
            (folder / one.name).write_bytes(one.read_bytes())
