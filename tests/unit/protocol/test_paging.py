"""The way through a collection: what is asked next, what is remembered, and that every pass ends."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.errors import TaxiiMisbehaves
from backchannel.protocol.paging import MAX_IDLE, Ask, Course, Page, Seen, just_before, parse_moment

AT = datetime(2026, 11, 22, 20, 31, tzinfo=UTC)
ONE, TWO = "2026-10-05T00:00:01.000000Z", "2026-10-05T00:00:02.000000Z"


def page(cursor: str = "", *, more: bool = True, first: str = ONE, last: str = TWO, fresh: int = 3) -> Page:
    return Page(objects=3, fresh=fresh, more=more, cursor=cursor, first=first, last=last, at=AT)


def test_a_cursor_is_followed_with_the_filter_that_it_began_with() -> None:
    course = Course(Ask(ONE))
    course.take(page("a"))
    assert course.ask == Ask(ONE, "a")


def test_the_first_cursor_is_not_remembered_because_it_may_stay_the_same() -> None:
    course = Course(Ask())
    course.take(page("a"))
    assert course.resume == Ask(just_before(TWO))
    assert course.unrepeatable


def test_a_cursor_that_moved_on_is_remembered() -> None:
    course = Course(Ask())
    course.take(page("a"))
    course.take(page("b", first=TWO))
    assert course.resume == Ask("", "b")
    assert not course.unrepeatable


def test_a_cursor_that_stays_the_same_is_never_remembered() -> None:
    course = Course(Ask())
    course.take(page("a"))
    course.take(page("a", first=TWO))
    assert course.resume == Ask(just_before(TWO))


def test_without_dates_a_cursor_is_all_that_can_be_remembered() -> None:
    course = Course(Ask())
    course.take(page("a", first="", last=""))
    assert course.resume == Ask("", "a")
    assert not course.unrepeatable


def test_the_end_is_remembered_to_the_moment_if_nothing_can_be_on_its_way() -> None:
    course = Course(Ask())
    course.take(page(more=False))
    assert course.ask is None
    assert course.resume == Ask(TWO)


def test_the_end_is_remembered_just_before_a_moment_that_is_hardly_over() -> None:
    course = Course(Ask())
    recent = (AT - timedelta(seconds=5)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    course.take(page(more=False, last=recent))
    assert course.resume == Ask(just_before(recent))


def test_an_end_without_objects_forgets_nothing() -> None:
    course = Course(Ask(TWO), TWO)
    course.take(Page(0, 0, False, "", "", "", AT))
    assert (course.resume, course.last_added) == (Ask(TWO), TWO)


def test_what_is_out_of_order_moves_nothing() -> None:
    course = Course(Ask(ONE), ONE)
    with pytest.raises(TaxiiMisbehaves):
        course.take(page("a", first=TWO, last=ONE))
    assert (course.ask, course.resume, course.last_added) == (None, Ask(ONE), ONE)


def test_a_lost_cursor_leads_back_once() -> None:
    course = Course(Ask())
    course.take(page("a"))
    assert course.lost_cursor()
    assert course.ask == course.resume == Ask(just_before(TWO))
    assert not course.lost_cursor()


def test_a_lost_cursor_without_any_date_leads_to_the_beginning_once() -> None:
    course = Course(Ask(ONE, "from another day"))
    assert course.lost_cursor()
    assert course.ask == Ask(ONE)
    assert not course.lost_cursor()


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("2026-10-05T00:00:01.000000Z", "2026-10-05T00:00:00.999999Z"),
        ("2026-10-05T00:00:01.123Z", "2026-10-05T00:00:01.122000Z"),
        ("2026-10-05T00:00:01Z", "2026-10-05T00:00:00.000000Z"),
        ("2026-10-05T02:00:01.5+02:00", "2026-10-05T00:00:01.400000Z"),
        ("2026-10-05T00:00:01.123456789Z", "2026-10-05T00:00:01.123455Z"),
        ("0500-01-01T00:00:00Z", "0499-12-31T23:59:59.000000Z"),
        ("yesterday", ""),
        ("0001-01-01T00:00:00Z", ""),
    ],
)
def test_just_before_goes_back_by_what_the_server_may_have_rounded(text: str, before: str) -> None:
    assert just_before(text) == before


@given(st.text(max_size=40) | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"))
def test_any_text_is_a_moment_or_none(text: str) -> None:
    moment = parse_moment(text)
    assert moment is None or moment.tzinfo is UTC
    assert just_before(text) == "" or parse_moment(just_before(text)) is not None


dates = st.sampled_from(["", ONE, TWO, "2026-10-05T00:00:03Z", "nonsense"])


@given(st.lists(st.tuples(st.sampled_from(["", "a", "b", "c"]), dates, dates), min_size=1, max_size=5))
def test_every_pass_over_a_server_without_anything_new_ends(script: list[tuple[str, str, str]]) -> None:
    course = Course(Ask())
    for turn in range(10 * MAX_IDLE):
        cursor, first, last = script[turn % len(script)]
        try:
            course.take(page(cursor, first=first, last=last, fresh=0))
        except TaxiiMisbehaves:
            break
        assert course.ask is not None
    assert course.ask is None


def test_what_was_seen_is_known_again_and_most_of_the_rest_is_not() -> None:
    seen = Seen()
    assert sum(seen.add(("x", number)) for number in range(20_000)) > 19_980
    assert not any(seen.add(("x", number)) for number in range(20_000))
