from backchannel.core.onward import Passing
from backchannel.core.release import Context, Decision, Subject, decide
from backchannel.core.release_sources import one_of_each
from backchannel.core.stix import decode
from worlds import NOW, OUR_IDENTITY, SECRET, THEM, stix, terms

ONE = stix("indicator", "one")
NEWER = decode(ONE.raw.replace(b"2026-01-02T", b"2026-02-02T"))
LISTED = Passing("Birch Desk", "b" * 64, "a" * 64, listed=True)
ASKED = Passing("Alder Desk", "c" * 64, "d" * 64)
CONTEXT = Context(now=NOW, them=THEM, counterpart_name="Them", our_identity=OUR_IDENTITY, secret=SECRET)


def decided(*subjects: Subject) -> list[Decision]:
    return [decide(one, terms(), CONTEXT) for one in subjects]


def leaving(decisions: list[Decision]) -> list[int]:
    return [one.subject.seq for one in one_of_each(decisions) if one.outcome == "release"]


def test_ours_leaves_before_anothers() -> None:
    both = decided(Subject(1, ONE, True, "green", 1), Subject(2, NEWER, False, "green", 1, LISTED))
    assert leaving(both) == leaving(both[::-1]) == [1]
    (stays,) = [one for one in one_of_each(both) if one.outcome == "withhold"]
    assert stays.verdict("originator").evidence == "the same object leaves as we hold it ourselves"
    assert stays.sent is None


def test_what_may_leave_goes_before_what_could_be_asked_for() -> None:
    both = decided(
        Subject(1, NEWER, False, "green", 1, ASKED.supposing()), Subject(2, ONE, False, "green", 1, LISTED)
    )
    assert leaving(both) == [2]


def test_of_two_that_may_leave_the_newer_version_does() -> None:
    both = decided(Subject(1, ONE, False, "green", 1, LISTED), Subject(2, NEWER, False, "green", 1, LISTED))
    assert leaving(both) == leaving(both[::-1]) == [2]


def test_what_stays_anyway_keeps_its_reasons() -> None:
    both = decided(Subject(1, ONE, False, "green", 1, ASKED), Subject(2, ONE, False, "green", 1, LISTED))
    assert one_of_each(both) == both
