"""A node under attack, made once and copied for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from standoff import Standoff, prepare


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Standoff:
    """The situation before any attack. It is only copied, never changed."""
    situation = prepare(tmp_path_factory.mktemp("standoff"))
    situation.node.close()
    return situation


@pytest.fixture
def standoff(prepared: Standoff, tmp_path: Path) -> Iterator[Standoff]:
    """The Lab's node in a folder of its own, and the counterparts that are about to attack it."""
    situation = prepared.copy(tmp_path)
    yield situation
    situation.node.close()
