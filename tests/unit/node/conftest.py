"""A new node."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backchannel.node.creating import create_node
from backchannel.node.node import Node


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Node]:
    """The Lab's node, with nothing in it."""
    node = create_node(tmp_path / "lab", "Human Rights Lab")
    yield node
    node.close()
