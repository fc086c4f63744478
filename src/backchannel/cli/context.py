"""What the commands share: the node in --home, opened when a command needs it, and closed after."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from backchannel.node.node import Node, open_node

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Faces(NamedTuple):
    """The object of every command's context."""

    home: Path

    @contextmanager
    def node(self) -> Iterator[Node]:
        """The node, open for the length of one command."""
        node = open_node(self.home)
        try:
            yield node
        finally:
            node.close()
