"""What a node decides with: an extra that is not installed is done without, one that is damaged is not."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from backchannel.errors import BadSettings, CounterpartError, DamagedExtra, OperatorError
from backchannel.formats import galaxies, warninglists
from backchannel.node.settings import Settings
from backchannel.node.wiring import synonyms, vetting_services


def install(monkeypatch: pytest.MonkeyPatch, place: Path | None) -> None:
    """Both extras are installed there, or nowhere."""
    found = None if place is None else SimpleNamespace(origin=str(place / "__init__.py"))
    for module in (warninglists, galaxies):
        monkeypatch.setattr(module, "find_spec", lambda _name: found)


def test_a_node_without_the_extras_does_without_popular_names_and_synonyms(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, None)
    assert vetting_services(Settings()).poison("domain-name", "search.example") is None
    assert synonyms(Settings())("Glasswing") == frozenset()


def test_a_damaged_extra_is_said_and_does_not_switch_the_check_off(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install(monkeypatch, tmp_path)
    poison = vetting_services(Settings()).poison
    for _ in range(2):
        with pytest.raises(DamagedExtra, match="warninglists"):
            poison("domain-name", "search.example")
        with pytest.raises(DamagedExtra, match="galaxies"):
            synonyms(Settings())("Glasswing")


def test_a_damaged_extra_of_ours_is_not_held_against_a_counterparts_message() -> None:
    """Either kind of error while a message is read refuses the message, and its objects would be lost."""
    assert not issubclass(DamagedExtra, CounterpartError | OperatorError)


def test_what_is_switched_off_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(monkeypatch, tmp_path)
    off = Settings(warning_lists=False, synonyms=False)
    assert vetting_services(off).poison("domain-name", "search.example") is None
    assert synonyms(off)("Glasswing") == frozenset()


def test_an_own_asset_that_is_none_is_named() -> None:
    with pytest.raises(BadSettings, match="own_assets"):
        vetting_services(Settings(own_assets=("not an asset",)))
