"""Which report took what from whom, among all reports on an event.

Rules: first what each report declares (`declared`), then what was copied (`copied`), then quotes of one collector
(`shared_quotes`); each kind's rules are told there. A parent that is credited but not held is a node of its own.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from backchannel.core.assess.copied import copied
from backchannel.core.assess.credits import Credit, credits_of
from backchannel.core.assess.declared import declared
from backchannel.core.assess.edges import Edge, Read
from backchannel.core.assess.newsroom import newsroom
from backchannel.core.assess.outlets import Gazetteer
from backchannel.core.assess.overlap import overlaps
from backchannel.core.assess.press import Article
from backchannel.core.assess.shared_quotes import shared_quotes


class Lineage(msgspec.Struct, frozen=True):
    """All edges among some reports, and what was found on each of them."""

    reports: tuple[Read, ...]
    edges: tuple[Edge, ...]


def lineage(articles: Sequence[Article], known: Gazetteer) -> Lineage:
    """Who took what from whom. Names of reports must differ."""
    reports = _read(articles, known)
    shared = overlaps(articles)
    edges = declared(reports, shared)
    edges += copied(reports, shared, edges)
    edges += shared_quotes(reports, shared, edges)
    return Lineage(tuple(reports), tuple(edges))


def _read(articles: Sequence[Article], known: Gazetteer) -> list[Read]:
    listed = [tuple(credits_of(article, known)) for article in articles]
    times = Counter(name for credited in listed for name in {item.outlet.name for item in credited})
    return [
        Read(article, credited, newsroom(article, credited, known, _elsewhere(credited, times)))
        for article, credited in zip(articles, listed, strict=True)
    ]


def _elsewhere(credited: Sequence[Credit], times: Counter[str]) -> frozenset[str]:
    """Outlets of a report that others credit too."""
    return frozenset(item.outlet.name for item in credited if times[item.outlet.name] > 1)
