"""What the commands share: the node in --home, opened when a command needs it, and closed after."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from backchannel.errors import BadArgument
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


def moment_of(text: str | None, option: str) -> datetime | None:
    """The time that an option gives, in UTC if it says no zone; None if it was not given.

    Raises:
        BadArgument: it is no time.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadArgument(f"{option} is {text!r}; write a time like 2026-11-22 or 2026-11-22T20:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
