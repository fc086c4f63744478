"""Synonyms: widened only where nothing else could be meant."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backchannel.core.mention import term_key
from backchannel.errors import DamagedExtra, MissingExtra
from backchannel.formats import galaxies
from backchannel.formats.galaxies import Synonyms

needs_extra = pytest.mark.skipif(find_spec("pymispgalaxies") is None, reason="the extra `galaxies` is not installed")


def entry(value: str, *synonyms: str, uuid: str = "", similar: str = "", likely: str = "likely") -> dict[str, Any]:
    related = {
        "dest-uuid": similar,
        "type": "similar",
        "tags": [f'estimative-language:likelihood-probability="{likely}"'],
    }
    return {
        "value": value,
        "uuid": uuid or f"{value} {synonyms}",
        "meta": {"synonyms": list(synonyms)},
        "related": [related] if similar else [],
    }


def synonyms(folder: Path, **clusters: list[dict[str, Any]]) -> Synonyms:
    for name, values in clusters.items():
        file = folder / f"{name.replace('_', '-')}.json"
        file.write_bytes(msgspec.json.encode({"type": name, "values": values, "version": 1}))
    return Synonyms(folder)


def test_a_name_is_widened_by_the_other_names_of_its_entry(tmp_path: Path) -> None:
    found = synonyms(tmp_path, threat_actor=[entry("Cosy Beast", "The Earls", "APT-0")])
    assert found.of("the earls") == {"Cosy Beast", "APT-0"}


def test_an_unknown_name_is_widened_by_nothing(tmp_path: Path) -> None:
    assert synonyms(tmp_path, tool=[entry("Other", "Another")]).of("Predator") == frozenset()


def test_a_name_is_never_widened_to_a_longer_name_that_contains_it(tmp_path: Path) -> None:
    found = synonyms(tmp_path, malpedia=[entry("Predator The Thief", "PTT")], ransomware=[entry("Predator")])
    assert found.of("Predator") == frozenset()
    assert found.of("Predator The Thief") == {"PTT"}


def test_a_name_that_two_unlinked_entries_bear_is_widened_by_nothing(tmp_path: Path) -> None:
    found = synonyms(tmp_path, threat_actor=[entry("Snake", "Group 88")], tool=[entry("Snake", "Uroburos")])
    assert found.of("Snake") == frozenset()
    assert found.of("Group 88") == frozenset()


def test_nothing_is_widened_to_a_name_that_is_ambiguous(tmp_path: Path) -> None:
    found = synonyms(tmp_path, threat_actor=[entry("Bear", "Fur", "Shared")], tool=[entry("Hammer", "Shared")])
    assert found.of("Bear") == {"Fur"}


def test_entries_of_two_galaxies_with_one_uuid_are_one_threat(tmp_path: Path) -> None:
    found = synonyms(
        tmp_path,
        mitre_intrusion_set=[entry("Bear - G0001", "Bear", uuid="u")],
        mitre_ics_groups=[entry("Bear", "Fur", uuid="u")],
    )
    assert found.of("bear") == {"G0001", "Fur"}


def test_entries_that_are_recorded_as_similar_are_one_threat_in_either_direction(tmp_path: Path) -> None:
    found = synonyms(
        tmp_path,
        threat_actor=[entry("Bear", "Fur", similar="m")],
        microsoft_activity_group=[entry("Bear", "Ice", uuid="m")],
    )
    assert found.of("Bear") == {"Fur", "Ice"}


@pytest.mark.parametrize("likely", ["unlikely", "roughly-even-chance"])
def test_a_doubtful_similarity_does_not_count(tmp_path: Path, likely: str) -> None:
    found = synonyms(
        tmp_path,
        threat_actor=[entry("Bear", "Fur", similar="m", likely=likely)],
        microsoft_activity_group=[entry("Bear", "Ice", uuid="m")],
    )
    assert found.of("Bear") == frozenset()


def test_two_entries_of_one_galaxy_are_two_threats_even_if_said_to_be_similar(tmp_path: Path) -> None:
    found = synonyms(tmp_path, threat_actor=[entry("Kitten", "Fur", similar="k"), entry("Cat", "Kitten", uuid="k")])
    assert found.of("Kitten") == frozenset()
    assert found.of("Fur") == frozenset()


def test_similarity_is_not_carried_on_to_entries_that_do_not_bear_the_name(tmp_path: Path) -> None:
    found = synonyms(
        tmp_path,
        threat_actor=[entry("Bear", "Fur", similar="m")],
        microsoft_activity_group=[entry("Ice", "Snow", uuid="m", similar="x")],
    )
    assert found.of("Bear") == {"Fur"}


def test_software_that_shares_two_names_is_one_threat_and_with_one_it_is_not(tmp_path: Path) -> None:
    found = synonyms(
        tmp_path,
        malpedia=[entry("Emo", "Geo", "Heo"), entry("Loader", "Small")],
        mitre_malware=[entry("Emo - S0001", "Emo", "Geo"), entry("Loader - S0002", "Loader", "Large")],
    )
    assert found.of("Heo") == {"Emo", "Geo"}
    assert found.of("Emo") == {"Geo", "Heo", "S0001"}
    assert found.of("Loader") == frozenset()


def test_actors_that_share_two_names_are_not_one_for_that(tmp_path: Path) -> None:
    found = synonyms(
        tmp_path,
        threat_actor=[entry("Bear", "Cobra", "One")],
        microsoft_activity_group=[entry("Bear", "Cobra", "Two", uuid="m")],
    )
    assert found.of("Bear") == frozenset()


def test_names_too_short_to_be_looked_for_are_left_out(tmp_path: Path) -> None:
    assert synonyms(tmp_path, tool=[entry("Long name", "X")]).of("Long name") == frozenset()


def test_a_synonym_given_as_one_text_is_one_name(tmp_path: Path) -> None:
    value = {"value": "Bear", "uuid": "u", "meta": {"synonyms": "Fur"}}
    assert synonyms(tmp_path, tool=[value]).of("Bear") == {"Fur"}


def test_without_the_package_the_extra_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(galaxies, "find_spec", lambda _name: None)
    with pytest.raises(MissingExtra, match="galaxies"):
        Synonyms()


def test_a_package_without_threats_or_with_a_broken_file_is_a_damaged_extra(tmp_path: Path) -> None:
    with pytest.raises(DamagedExtra, match="no galaxies"):
        Synonyms(tmp_path)
    (tmp_path / "tool.json").write_text("{broken")
    with pytest.raises(DamagedExtra, match=r"tool\.json"):
        Synonyms(tmp_path)


@needs_extra
def test_the_published_galaxies_widen_well_known_threats_and_leave_doubtful_ones_alone() -> None:
    found = Synonyms()
    assert {term_key(name) for name in found.of("APT29")} >= {"cozy bear", "the dukes", "yttrium"}
    assert "Chrysaor" in found.of("Pegasus")
    assert found.of("Predator") == frozenset()
    assert found.of("Turla") == frozenset()  # an actor and its tool


@needs_extra
def test_in_the_published_galaxies_widening_never_reaches_an_ambiguous_name() -> None:
    found = Synonyms()
    assert len(found.keys) > 5_000
    for key in sorted(found.keys)[::50]:
        for name in found.of(key):
            assert found.is_unambiguous(term_key(name))
