"""Parties that know each other, each with a store of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange import Side, between
from two_parties import LAB, MALLORY, VENDOR

Pair = tuple[Side, Side]
Three = tuple[Side, Side, Side]


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Three]:
    """The Lab, the Vendor and Mallory, all enrolled with each other."""
    sides = Side(LAB, tmp_path), Side(VENDOR, tmp_path), Side(MALLORY, tmp_path)
    between(*sides)
    yield sides
    for side in sides:
        side.db.close()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """The Lab and the Vendor."""
    sides = Side(LAB, tmp_path), Side(VENDOR, tmp_path)
    between(*sides)
    yield sides
    for side in sides:
        side.db.close()
