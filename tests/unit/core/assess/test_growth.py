"""Assessment grows with its reports, not with the square of them or worse: steps are counted, not time."""

from typing import Any

import pytest

from backchannel.core.assess import declared, handed_on, outlets, utterances
from backchannel.core.assess.chains import Chains
from backchannel.core.assess.credits import credits_of
from backchannel.core.assess.edges import Edge, Kind, Read
from backchannel.core.assess.figures import Figure, conflicts
from backchannel.core.assess.lineage import lineage
from backchannel.core.assess.newsroom import Newsroom
from backchannel.core.assess.outlets import Outlet
from backchannel.core.assess.press import Span
from heard import CLAIM, asked
from press_texts import KNOWN, article


class _CountedChains(Chains):
    """Chains that count how often a newsroom is looked up."""

    looked_up = 0

    def newsroom(self, report: str) -> str:
        """As in `Chains`."""
        self.looked_up += 1
        assert self.looked_up < 1_000
        return super().newsroom(report)


def _chains(edges: list[tuple[int, int]], reports: int) -> _CountedChains:
    read = [
        Read(article("It rained.", name=str(n)), (), Newsroom(Outlet(f"Paper {n}"), True)) for n in range(reports)
    ]
    made = [Edge(str(child), str(parent), True, Kind.DECLARED, True, ()) for child, parent in edges]
    return _CountedChains(read, made, KNOWN)


def test_reports_that_all_cite_each_other_are_each_looked_at_once() -> None:
    chains = _chains([(child, parent) for child in range(60) for parent in range(child)], 60)

    assert chains.sources("59") == {"Paper 0"}
    assert chains.looked_up <= 60


def test_a_circle_of_citations_ends() -> None:
    chains = _chains([(0, 1), (1, 2), (2, 0)], 3)

    assert chains.sources("0") == {"Paper 1", "Paper 2"}, "each of the others may be where it comes from"
    assert _chains([(n, m) for n in range(40) for m in range(40) if n != m], 40).sources("0")


def test_figures_of_one_thing_are_compared_up_to_a_number_and_the_extremes_always() -> None:
    found = [
        Figure(f"{n}.txt", Span(0, 1), Span(0, 2), f"{n} goats", float(n), float(n), float(n), "goat", "see")
        for n in range(1_000)
    ]
    clashes = conflicts(found)

    assert len(clashes) < 2_000
    assert any({one.one.value, one.other.value} == {0.0, 999.0} for one in clashes)


def test_very_many_speakers_of_one_body_are_compared_by_equal_names(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[str, str]] = []
    monkeypatch.setattr(utterances, "same_person", lambda one, other: bool(compared.append((one, other))))
    names = [f"Ada {first}{second}" for first in "BDGKLM" for second in ("ava", "edo", "ilo", "omi", "usa", "yra")]
    texts = [f"{name} of the Harbour Union said {CLAIM}." for name in names]
    asked(" ".join(texts), " ".join(f"Tomas {name.split()[1]} of the Harbour Union said {CLAIM}." for name in names))

    assert not compared


def test_what_outlets_hand_on_is_looked_for_near_each_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    judged = 0
    hands_on = handed_on._hands_on

    def counted(*given: Any) -> bool:
        nonlocal judged
        judged += 1
        return hands_on(*given)

    monkeypatch.setattr(handed_on, "_hands_on", counted)
    text = " ".join(f"Meridian Wire reported that Tomas Lind{n} said {CLAIM}." for n in range(150))
    few = asked(text)

    assert 100 <= judged <= 300
    assert len(few.on[0].voices) >= 100


def test_outlets_that_a_report_credits_are_grouped_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[Outlet] = []
    monkeypatch.setattr(declared, "_is_of", lambda _, outlet: bool(compared.append(outlet)))
    text = " ".join(f"It rained. According to site{n}.com, it fell." for n in range(200))
    found = lineage([article(text, name=f"{n}", outlet=f"Paper {n}") for n in range(20)], KNOWN)

    assert len(found.edges) >= 200 * 20
    assert len(compared) <= 200 * 20


def test_a_short_name_is_looked_up_once_however_many_outlets_were_named(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = 0
    words_of = outlets.words_of

    def counted(mention: Any) -> list[str]:
        nonlocal looked_up
        looked_up += 1
        return words_of(mention)

    for module in ("credits", "outlets"):
        monkeypatch.setattr(f"backchannel.core.assess.{module}.words_of", counted)
    credits_of(article("Meridian Wire reported. The Post said. " * 300), KNOWN)

    assert looked_up <= 1_200
