"""Nodes that are made once and copied: one under attack, and one that serves TAXII."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import taxii_served
from standoff import Standoff, prepare
from taxii_served import Prepared, Served


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


@pytest.fixture(scope="session")
def taxii_node(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A node with TAXII users. It is only copied, never changed."""
    return taxii_served.prepare(tmp_path_factory.mktemp("taxii"))


@pytest.fixture(scope="module")
def served(taxii_node: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Its server, in a process, for tests that only read."""
    with taxii_served.serving(taxii_node.copy(tmp_path_factory.mktemp("served"))) as running:
        yield running


@pytest.fixture
def written(taxii_node: Prepared, tmp_path: Path) -> Iterator[Served]:
    """A server for this test alone, which may change what it holds."""
    with taxii_served.serving(taxii_node.copy(tmp_path / "written")) as running:
        yield running


@pytest.fixture
def no_other_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    """requests takes these for the certificates to trust, whatever it is told, and proxies for loopback too."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
