"""The TAXII server against OpenTAXII, medallion, and the same bytes served statically: same requests, same load.

All of ATT&CK is in ours and in OpenTAXII, 1,000 objects in medallion. Each server runs alone, without TLS, with a
user that shows a token; the load tool is another process on the same machine. `ours_anew` are the same requests, each
with a parameter that makes it one that was never asked before, so that nothing is answered out of memory.
"""

import itertools
import json
import os
import re
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from bench import load, taxii_servers
from bench.load import Load, Server
from bench.measure import ATTACK, COMMAND, NO_DATA, indicator, met
from bench.pair import write_bundle

SECONDS = float(os.environ.get("BACKCHANNEL_BENCH_TAXII_SECONDS", "5"))
"""How long each kind of request is repeated; answers under way at the end are waited for."""

PAGES, PAGES_OF_THE_SLOW = 20, 2
"""Pages of each kind that are asked for in turn; OpenTAXII takes 11 s for one."""

MOST_ANEW = 60_000
"""Different requests of one kind that are made at most: 5,000 a second would take 12 seconds."""

MANY = int(os.environ.get("BACKCHANNEL_BENCH_TAXII_MANY", "1000000"))
FEW, ROUNDS = MANY // 40, 3
"""Objects in the two collections whose pages are compared."""

POSTED = 1_000
ENVELOPES = {"backchannel": 24, "opentaxii": 2, "medallion": 2}
"""Envelopes of `POSTED` objects that each server gets."""

MEDALLION_OBJECTS = 1_000
TYPES = ("attack-pattern", "malware", "intrusion-set", "course-of-action")

STATIC, OPENTAXII, POST = 0.4, 20.0, 30.0
"""How many times as fast as the others' ours is to be."""

MEGABYTES, PAGE_COST = 250, 1.3
"""The largest resident size, and what a page of the large collection may cost against one of the small one."""

Rates = Mapping[str, float]
"""Answers in a second by kind of request; for posts it is objects in a second."""


class Ask(NamedTuple):
    """One kind of requests: their paths under the collection."""

    kind: str
    paths: list[str]


def run() -> dict[str, object]:
    if not ATTACK.exists():
        return NO_DATA
    objects = json.loads(ATTACK.read_text())["objects"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = _ours(folder, objects)
        static = _static(folder, ours.answers)
        opentaxii = _opentaxii(folder, objects)
        medallion = _medallion(folder, objects[:MEDALLION_OBJECTS])
        pages = _page_cost(folder)
    rates = {
        "ours": ours.rates,
        "ours_anew": ours.anew,
        "static": static,
        "opentaxii": opentaxii,
        "medallion": medallion,
    }
    return {
        "objects": len(objects),
        "rates": {server: {kind: round(rate, 1) for kind, rate in found.items()} for server, found in rates.items()},
        "ratios": {
            "static": _ratios(ours.rates, static, {"objects_100": STATIC, "objects_1000": STATIC}),
            "opentaxii": _ratios(ours.rates, opentaxii, dict.fromkeys(opentaxii, OPENTAXII) | {"post": POST}),
            "opentaxii_anew": _ratios(ours.anew, opentaxii, {}),
            "medallion": _ratios(ours.rates, medallion, {}),
        },
        "peak_megabytes": {"measured": ours.peak, "target": MEGABYTES, "met": ours.peak < MEGABYTES},
        "page_cost": pages,
    }


def _ratios(ours: Rates, theirs: Rates, targets: Mapping[str, float]) -> dict[str, object]:
    """How many times as fast ours is, beside the targets that there are."""
    found: dict[str, object] = {}
    for kind in theirs.keys() & ours.keys():
        ratio = ours[kind] / theirs[kind]
        target = targets.get(kind)
        found[kind] = round(ratio, 2) if target is None else met(ratio, target)
    return dict(sorted(found.items()))


# --- each server -----------------------------------------------------------------------------------------------


class _Ours(NamedTuple):
    """`peak` is in MB after a crawl of everything; `answers` are the bodies that each kind of requests got."""

    rates: Rates
    anew: Rates
    peak: int
    answers: Mapping[str, list[bytes]]


def _ours(folder: Path, objects: list[Any]) -> _Ours:
    home = folder / "node"
    _command(home, "init", "--name", "Bench")
    _command(home, "import", str(ATTACK))
    with taxii_servers.backchannel(home) as server:
        crawled = sum(len(page["objects"]) for _, page in _crawl(server, "objects/", 1_000))
        if crawled != len(objects):
            raise RuntimeError(f"{crawled} of {len(objects)} objects came in a crawl")
        peak = _peak_megabytes(server.pid)
        asked = _requests(server)
        answers = {ask.kind: [_fetch(server, path)[0] for path in ask.paths] for ask in asked}
        anew = _rates(server, [Ask(ask.kind, _each_once(ask.paths)) for ask in asked])
        rates = {**_rates(server, asked), "post": _posting(server)}
    return _Ours(rates, anew, peak, answers)


def _each_once(paths: list[str]) -> list[str]:
    """So many different requests for the same that none is repeated within `SECONDS`."""
    return [
        f"{path}{'&' if '?' in path else '?'}x={number}"
        for number in range(MOST_ANEW // len(paths))
        for path in paths
    ]


def _static(folder: Path, answers: Mapping[str, list[bytes]]) -> dict[str, float]:
    (place := folder / "static").mkdir()
    asked = []
    for kind, bodies in answers.items():
        for number, body in enumerate(bodies):
            (place / f"{kind}-{number}").write_bytes(body)
        asked.append(Ask(kind, [f"{kind}-{number}" for number in range(len(bodies))]))
    with taxii_servers.static(place) as server:
        return _rates(server, asked)


def _opentaxii(folder: Path, objects: list[Any]) -> dict[str, float]:
    (place := folder / "opentaxii").mkdir()
    with taxii_servers.opentaxii(place) as server:
        objects = [one for one in objects if "modified" in one]  # it answers 500 to a marking-definition
        bodies = [_envelope(objects[at : at + POSTED]) for at in range(0, len(objects), POSTED)]
        load.post_all(server, [load.post(server, "objects/", body) for body in bodies])
        return {**_rates(server, _requests(server, PAGES_OF_THE_SLOW)), "post": _posting(server)}


def _medallion(folder: Path, objects: list[Any]) -> dict[str, float]:
    (place := folder / "medallion").mkdir()
    with taxii_servers.medallion(place, objects) as server:
        # A cursor of its is good once, so only first pages can be asked for again and again.
        return {**_rates(server, _requests(server, 1)), "post": _posting(server)}


# --- what is asked ---------------------------------------------------------------------------------------------


def _requests(server: Server, number: int = PAGES) -> list[Ask]:
    """The same kinds of requests for each server; the pages are where its own cursors lead."""
    pages = {size: list(itertools.islice(_crawl(server, "objects/", size), number)) for size in (100, 1_000)}
    first = pages[100][0][1]["objects"]
    dates = [one["date_added"] for one in next(_crawl(server, "manifest/", 1_000))[1]["objects"]]
    moments = [dates[len(dates) * which // number] for which in range(number)]
    return [
        Ask("objects_100", [path for path, _ in pages[100]]),
        Ask("objects_1000", [path for path, _ in pages[1_000]]),
        Ask("manifest_1000", [path for path, _ in itertools.islice(_crawl(server, "manifest/", 1_000), number)]),
        Ask("by_id", [f"objects/{one['id']}/" for one in first]),
        Ask("match_type", [_path("objects/", {"match[type]": one, "limit": "100"}) for one in TYPES]),
        Ask("added_after", [_path("objects/", {"added_after": one, "limit": "100"}) for one in moments]),
    ]


def _rates(server: Server, asked: list[Ask]) -> dict[str, float]:
    return {ask.kind: _load(server, ask.paths).rate for ask in asked}


def _load(server: Server, paths: list[str]) -> Load:
    return load.get_all(server, [load.get(server, path) for path in paths], seconds=SECONDS)


def _posting(server: Server) -> float:
    """Objects a second that are taken in, from the first byte to the last status."""
    numbers = itertools.count(1)
    bodies = [_envelope([indicator(next(numbers)) for _ in range(POSTED)]) for _ in range(ENVELOPES[server.name])]
    requests = [load.post(server, "objects/", body) for body in bodies]
    return load.post_all(server, requests).rate * POSTED


def _crawl(server: Server, path: str, limit: int) -> Iterator[tuple[str, Any]]:
    """The paths of pages and what is on them, one after the other; by date where there is no cursor to the next."""
    parameters = {"limit": str(limit)}
    while True:
        here = _path(path, parameters)
        body, last_added = _fetch(server, here)
        page = json.loads(body)
        yield here, page
        if not page.get("more"):
            return
        parameters |= {"next": page["next"]} if "next" in page else {"added_after": last_added}


def _fetch(server: Server, path: str) -> tuple[bytes, str]:
    """The body of an answer, and when the last of what is on it was added."""
    headers = {"Authorization": server.authorization, "Accept": "application/taxii+json;version=2.1"}
    with urllib.request.urlopen(urllib.request.Request(server.collection + path, headers=headers)) as answer:  # noqa: S310
        return answer.read(), answer.headers.get("X-TAXII-Date-Added-Last", "")


def _path(path: str, parameters: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(parameters, quote_via=quote)}"


def _envelope(objects: Any) -> bytes:
    return json.dumps({"objects": list(objects)}).encode()


# --- pages of a large collection -------------------------------------------------------------------------------


def _page_cost(folder: Path) -> dict[str, object]:
    """What pages cost all over a collection, none out of memory, at two sizes of the collection: the least of some
    rounds, in which the two take turns."""
    small, large = (_filled(folder, count) for count in (FEW, MANY))
    least: dict[str, list[float]] = {}
    with taxii_servers.backchannel(small) as few, taxii_servers.backchannel(large) as many:
        asked = [_requests_all_over(server) for server in (few, many)]
        for _ in range(ROUNDS):
            for which, server in enumerate((few, many)):
                for ask in asked[which]:
                    cost = 1_000 / _load(server, _each_once(ask.paths)).rate
                    found = least.setdefault(ask.kind, [cost, cost])
                    found[which] = min(found[which], cost)
    ratios = {kind: many_cost / few_cost for kind, (few_cost, many_cost) in least.items()}
    return {
        "objects": [FEW, MANY],
        "milliseconds": {kind: [round(cost, 2) for cost in costs] for kind, costs in least.items()},
        "ratios": {kind: round(ratio, 2) for kind, ratio in ratios.items()},
        "target": PAGE_COST,
        "met": max(ratios.values()) <= PAGE_COST,
    }


def _filled(folder: Path, count: int) -> Path:
    """The home of a node that holds so many indicators."""
    home = folder / f"node-{count}"
    _command(home, "init", "--name", "Bench")
    write_bundle(folder / "bundle.json", count, links=False)
    _command(home, "import", str(folder / "bundle.json"))
    return home


def _requests_all_over(server: Server) -> list[Ask]:
    """Pages from the beginning, the middle and the end."""
    crawled = [page["objects"][0] for _, page in _crawl(server, "manifest/", 1_000)]
    marks = crawled[:-1][:: max(1, len(crawled) // PAGES)]

    def pages(path: str, **parameters: str) -> list[str]:
        return [_path(path, {**parameters, "added_after": one["date_added"]}) for one in marks]

    return [
        Ask("objects_100", pages("objects/", limit="100")),
        Ask("objects_1000", pages("objects/", limit="1000")),
        Ask("manifest_1000", pages("manifest/", limit="1000")),
        Ask("by_id", [f"objects/{one['id']}/" for one in marks]),
        Ask("match_type", pages("objects/", limit="100", **{"match[type]": "indicator"})),
    ]


# --- the node and its process ----------------------------------------------------------------------------------


def _command(home: Path, *words: str) -> None:
    subprocess.run([*COMMAND, "--home", home, *words], check=True, stdout=subprocess.DEVNULL)


def _peak_megabytes(pid: int) -> int:
    """The largest resident size that a running process ever had."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    if found is None:
        raise RuntimeError("this system does not say how much memory a process had")
    return round(int(found[1]) / 1024)
