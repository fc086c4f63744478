"""Two published lists of one spyware: how many origins their common values have."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from backchannel.core.assess.origins import Telling, origins_of
from backchannel.core.vetting_rules import values_of
from backchannel.flow.ports import Filter
from backchannel.node.creating import create_node
from backchannel.node.importing import import_files
from paths import SHARED_DATA, needs_shared_data

pytestmark = needs_shared_data


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[str]]]:
    """By file, what it tells: each domain with the references of its objects."""
    found: dict[str, dict[str, list[str]]] = {}
    for file in (
        "amnesty/cytrox.stix2",
        "amnesty/pegasus.stix2",
        "maltrail/predatory.txt",
        "maltrail/apt_pegasus.txt",
    ):
        found[file] = dict(domains_of(SHARED_DATA / file, tmp_path_factory.mktemp("node") / "node"))
    return found


def domains_of(file: Path, home: Path) -> Iterator[tuple[str, list[str]]]:
    references: dict[str, list[str]] = defaultdict(list)
    with closing(create_node(home, "Reader")) as node:
        import_files(node, [file])
        with node.db.read() as tx:
            for held in tx.holdings.find(Filter(type="indicator")):
                value = held.object().value
                for atom in values_of(value):
                    if atom.type == "domain-name":
                        named = value.get("external_references", [])
                        references[atom.value] += [one["url"] for one in named if "url" in one]
    yield from references.items()


def counted(one: dict[str, list[str]], other: dict[str, list[str]]) -> Counter[tuple[int, int]]:
    found: Counter[tuple[int, int]] = Counter()
    for domain in one.keys() & other.keys():
        tellings = [Telling("Amnesty International", tuple(one[domain])), Telling("Maltrail", tuple(other[domain]))]
        origins = origins_of(tellings)
        found[origins.low, origins.high] += 1
    return found


def test_who_cites_the_other_list_is_no_second_origin(told: dict[str, dict[str, list[str]]]) -> None:
    """All 1,438 are listed at least once under a reference to the other list; of some it names other sites too."""
    found = counted(told["amnesty/pegasus.stix2"], told["maltrail/apt_pegasus.txt"])
    assert found == {(1, 1): 1_328, (1, 2): 110}


def test_what_came_by_way_of_a_repost_has_no_established_origin(told: dict[str, dict[str, list[str]]]) -> None:
    found = counted(told["amnesty/cytrox.stix2"], told["maltrail/predatory.txt"])
    assert found[1, 2] == 310
    assert sum(found.values()) == 326
