"""Parties in a row, A to B to C to D, each with an agreement with the next: a world to pass objects on in.

They are real stores that exchange envelopes in process (`exchange.Side`), and every byte that reaches a party is
kept, so that it can be searched for what that party must not learn.
"""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from backchannel.core.stix import StixObject
from backchannel.core.term_fields import Record
from backchannel.core.terms import Handling
from backchannel.flow import consenting
from backchannel.flow.outbound import ReleaseReport
from backchannel.flow.ports_consents import Beside, Item, Kept, Request
from backchannel.protocol.message import encode
from exchange import Side, agreed, between, opened, settle
from two_parties import LAB, MALLORY, VENDOR, node
from worlds import link, stix

THREAT = stix("malware", "Predator")
ONE = stix("indicator", "one")
TIE = link(ONE, THREAT, "indicates")
STORY = [THREAT, ONE, TIE]
FOURTH = node("Fourth Desk")
PARTIES = (LAB, VENDOR, MALLORY, FOURTH)


class Row:
    """Parties in a row, and the agreements between neighbours."""

    def __init__(self, folder: Path, size: int, handling: Handling, off: Collection[int]) -> None:
        self.sides = [Side(keys, folder) for keys in PARTIES[:size]]
        for number, side in enumerate(self.sides):
            drawn = iter(range(1_000_000))
            side.us = msgspec.structs.replace(
                side.us,
                secret=hashlib.sha256(b"secret %d" % number).digest(),
                random=lambda count, n=number, d=drawn: hashlib.shake_256(b"%d %d" % (n, next(d))).digest(count),
            )
            side.rule()
        between(*self.sides)
        self.heard: dict[str, list[bytes]] = {side.key: [] for side in self.sides}
        self.agreements = [
            agreed(one, other, handling=handling, record=Record("off" if number in off else "on"))
            for number, (one, other) in enumerate(pairwise(self.sides))
        ]

    def __iter__(self) -> Iterator[Side]:
        return iter(self.sides)

    def release(self, number: int) -> ReleaseReport:
        """The party of that number releases to the next one, and everything is carried."""
        report = self.sides[number].release(self.agreements[number])
        self.carry()
        return report

    def carry(self) -> None:
        """Everything that anybody sealed arrives, answers to it among it."""
        for _ in range(len(self.sides) + 1):
            for one, other in pairwise(self.sides):
                self._listen(one, other)
                self._listen(other, one)
                settle(one, other)

    def _listen(self, sender: Side, receiver: Side) -> None:
        for item in sender.sealed(receiver):
            self.heard[receiver.key] += [item.data, encode(opened(item, sender, receiver))]


@contextmanager
def row(folder: Path, size: int = 3, off: Collection[int] = (), **handling: Any) -> Iterator[Row]:
    """Parties in a row, whose agreements all have this handling; those with a number in `off` are off the record."""
    how = Handling(**{"tlp_max": "amber", "onward": "ask", **handling})
    made = Row(folder, size, how, off)
    try:
        yield made
    finally:
        for side in made:
            side.db.close()


def requests(side: Side) -> list[tuple[Request, list[Item]]]:
    """The requests that a party keeps, newest first."""
    with side.db.read() as tx:
        return [(one, tx.consents.items(one.id)) for one in tx.consents.requests(100)]


def asked_of(side: Side) -> tuple[Request, list[Item]]:
    """The one request that a party was asked."""
    (found,) = [one for one in requests(side) if not one[0].ours]
    return found


def grant(side: Side, request: Request, numbers: set[int] | None = None, **how: Any) -> None:
    with side.db.write() as tx:
        consenting.grant(tx, side.standing, request, numbers, **how)


def refuse(side: Side, request: Request) -> None:
    with side.db.write() as tx:
        consenting.refuse(tx, side.standing, request)


def kept(side: Side, one: StixObject, agreement: str, source: Side) -> Kept:
    """What a party keeps beside an object it was given."""
    key = Beside(one.id, one.version, source.key, agreement)
    with side.db.read() as tx:
        return tx.provenances.of([key])[key]
