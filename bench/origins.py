"""Origins of 10,000 indicators, each held from three sources with provenance beside it, among 100,000 holdings.

No peer does this; what is measured is whether it keeps its limit.
"""

import json

from backchannel.core.assess.keys import key_of
from backchannel.core.provenance import Provenance
from backchannel.core.stix import StixObject, decode
from backchannel.flow.origins import origins_among
from backchannel.flow.ports import NewObject
from backchannel.flow.ports_consents import Beside, Kept
from backchannel.node.node import Node
from bench.measure import fresh_node, indicator, timed

INDICATORS, HOLDINGS, SOURCES = 10_000, 100_000, 3
_AGREEMENT = "d" * 64
_SITES = ("alder", "birch", "cedar", "dogwood", "elder")


def run() -> dict[str, object]:
    """Fill a node, then count once with nothing read before and once again."""
    with fresh_node() as node:
        keys = _fill(node)
        standing = node.standing()
        runs = []
        for _ in range(2):
            with node.db.read() as tx:
                found, seconds = timed(lambda tx=tx: origins_among(tx, standing, keys))
            runs.append(round(seconds, 2))
        return {
            "indicators": len(found),
            "holdings": HOLDINGS + SOURCES * INDICATORS,
            "seconds": runs[0],
            "again_seconds": runs[1],
            "limit": 2,
            "met": max(runs) <= 2,
            "ends": sorted({(one.origins.low, one.origins.high) for one in found.values()}),
        }


def _fill(node: Node) -> list[str]:
    now = node.clock()
    with node.db.write() as tx:
        others = (NewObject.of(_made(number, 0)) for number in range(INDICATORS, INDICATORS + HOLDINGS))
        tx.holdings.add(others, source=node.us.key, now=now)
        for source in range(1, SOURCES + 1):
            key = f"{source:064x}"
            objects = [_made(number, source) for number in range(INDICATORS)]
            tx.holdings.add((NewObject.of(one, agreement=_AGREEMENT) for one in objects), source=key, now=now)
            tx.provenances.put(
                (
                    Beside(one.id, one.version, key, _AGREEMENT),
                    Kept(
                        "amber",
                        Provenance(tag=f"{source % 2:02x}{number:062x}", passed="" if source == 1 else "listed"),
                    ),
                )
                for number, one in enumerate(objects)
            )
    return [key for number in range(INDICATORS) if (key := key_of(_made(number, 1).value)) is not None]


def _made(number: int, source: int) -> StixObject:
    """An indicator of the value of that number, as a source says it: one in four cites a site."""
    value = indicator(number) | {"id": f"indicator--{number:08x}-0000-4000-8000-{source:012x}"}
    if number % 4 == source:
        site = _SITES[number % len(_SITES)]
        value["external_references"] = [{"source_name": site, "url": f"https://{site}.example/{number}"}]
    return decode(json.dumps(value).encode())
