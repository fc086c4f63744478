"""Two sides that match without nodes: what they know, what they came to, and that each draws as it should."""

from collections.abc import Iterable
from hashlib import shake_256
from itertools import count

import msgspec

from backchannel.core.stix import StixObject
from exchange import Side
from vetting_world import indicator, link, threat

KIND = "domain-name"


def draws(side: Side) -> None:
    """The side draws something else every time: by default a `Side` always draws the same."""
    numbers = count()

    def random(size: int) -> bytes:
        return shake_256(f"{side.key} {next(numbers)}".encode()).digest(size)

    side.us = msgspec.structs.replace(side.us, random=random)


def knows(side: Side, hosts: Iterable[str]) -> None:
    """Indicators on hosts, each linked to a threat of the side's own."""
    mine = threat(f"Predator of {side.key[:6]}", aliases=["Predator"])
    objects: list[StixObject] = [mine]
    for host in hosts:
        one = indicator(host)
        objects += [one, link(one, mine)]
    side.holds(objects)


def results(side: Side, agreement: str) -> list[str]:
    """The values that were found, also those that were only looked up."""
    with side.db.read() as tx:
        return [one.value for one in tx.matching.matches(agreement)]


def counted(side: Side, agreement: str) -> int:
    """How many hosts the side evaluated for the other, padding too."""
    with side.db.read() as tx:
        return tx.matching.counted(agreement, KIND)
