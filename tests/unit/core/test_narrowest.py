"""What is left when both narrow at once: nothing that one of them forbids, and the same whatever came first."""

from datetime import UTC, datetime
from functools import reduce
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.agreement import compare
from backchannel.core.narrowest import narrowest
from backchannel.core.terms import Handling, Matching, Parties, Quota, Retention, Scope, Terms, canonical
from backchannel.errors import BadTerms

FIRST = "f" * 64
TERMS = Terms(
    title="Joint watch",
    valid_from=datetime(2026, 12, 1, tzinfo=UTC),
    valid_until=datetime(2027, 6, 1, tzinfo=UTC),
    parties=Parties("a" * 64, "b" * 64),
    scope=Scope(
        threats=("Predator", "Pegasus", "Night Owl"),
        types=("indicator", "malware", "relationship"),
        depth=3,
        may_name=("tool", "malware"),
    ),
    handling=Handling(
        tlp_max="red", permitted_actions="externally-visible-direct-actions", provider_attribution="may", onward="ask"
    ),
    matching=Matching(("domain-name", "url"), 100),
    quota=Quota(1000),
    retention=Retention(destroy_after_days=365, on_end="keep"),
)


def changed(**changes: Any) -> Terms:
    terms = TERMS
    for path, value in changes.items():
        table, _, field = path.partition("__")
        if field:
            value = msgspec.structs.replace(
                getattr(TERMS, table) if terms is TERMS else getattr(terms, table), **{field: value}
            )
        terms = msgspec.structs.replace(terms, **{table: value})
    return terms


FIELDS: list[tuple[str, Any, Any, Any]] = [
    (
        "valid_from",
        datetime(2027, 1, 1, tzinfo=UTC),
        datetime(2027, 2, 1, tzinfo=UTC),
        datetime(2027, 2, 1, tzinfo=UTC),
    ),
    (
        "valid_until",
        datetime(2027, 4, 1, tzinfo=UTC),
        datetime(2027, 5, 1, tzinfo=UTC),
        datetime(2027, 4, 1, tzinfo=UTC),
    ),
    ("scope__threats", ("Predator", "Pegasus"), ("Night Owl", "Predator"), ("Predator",)),
    ("scope__types", ("indicator", "malware"), ("relationship", "malware"), ("malware",)),
    ("scope__may_name", ("tool",), ("malware",), ()),
    ("scope__depth", 1, 2, 1),
    ("scope__since", None, datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)),
    (
        "scope__since",
        datetime(2021, 1, 1, tzinfo=UTC),
        datetime(2020, 1, 1, tzinfo=UTC),
        datetime(2021, 1, 1, tzinfo=UTC),
    ),
    ("scope__exclude_properties", ("x_a", "lang"), ("x_*",), ("lang", "x_*")),
    ("scope__exclude_properties", ("x_**",), ("x_*",), ("x_*",)),
    ("handling__tlp_max", "amber", "green", "green"),
    ("handling__permitted_actions", "none", "contact-for-instruction", "none"),
    ("handling__provider_attribution", "may", "must-not", "must-not"),
    ("handling__onward", "never", "ask", "never"),
    ("handling__onward_to", ("c" * 64, "b" * 64), ("b" * 64, "a" * 64), ("b" * 64,)),
    ("handling__onward_names", True, False, False),
    ("record__outcomes", True, False, False),
    ("requests__per_day", 3, 20, 3),
    ("matching", Matching(("url",), 100), Matching(("domain-name", "url"), 7), Matching(("url",), 7)),
    ("matching", None, Matching(("url",), 7), None),
    ("matching", Matching(("url",), 7), Matching(("domain-name",), 7), None),
    ("quota__objects_per_day", 10, 20, 10),
    ("retention__destroy_after_days", 10, 20, 10),
    ("retention__on_end", "destroy", "keep", "destroy"),
]


@pytest.mark.parametrize(("field", "one", "other", "both"), FIELDS, ids=[f"{n} {f[0]}" for n, f in enumerate(FIELDS)])
def test_the_narrower_of_each_field_is_taken_whoever_came_first(field: str, one: Any, other: Any, both: Any) -> None:
    expected = msgspec.structs.replace(changed(**{field: both}), predecessor=FIRST)
    found = narrowest(changed(**{field: one}), changed(**{field: other}), predecessor=FIRST)
    assert widest_lists(found) == widest_lists(expected)
    assert narrowest(changed(**{field: other}), changed(**{field: one}), predecessor=FIRST) == found


def widest_lists(terms: Terms) -> Terms:
    """The terms with their lists in order, so that only what they say is compared."""
    scope = msgspec.structs.replace(
        terms.scope,
        **{name: tuple(sorted(getattr(terms.scope, name))) for name in ("threats", "types", "may_name")},
    )
    return msgspec.structs.replace(terms, scope=scope)


def test_every_field_of_terms_is_looked_at() -> None:
    named = {field.partition("__")[0] for field, *_ in FIELDS}
    the_same_for_both = {"title", "parties", "record", "predecessor"}
    assert named | the_same_for_both == set(Terms.__struct_fields__)
    for table in (Scope, Handling, Quota, Retention):
        looked_at = {field.partition("__")[2] for field, *_ in FIELDS if field.startswith(table.__name__.lower())}
        assert looked_at == set(table.__struct_fields__)


def test_nothing_in_common_is_no_terms() -> None:
    for field, one, other in (
        ("scope__threats", ("Predator",), ("Pegasus",)),
        ("scope__types", ("indicator",), ("malware",)),
    ):
        with pytest.raises(BadTerms, match=field.replace("__", ".")):
            narrowest(changed(**{field: one}), changed(**{field: other}), predecessor=FIRST)
    early = changed(valid_until=datetime(2027, 1, 1, tzinfo=UTC))
    late = changed(valid_from=datetime(2027, 2, 1, tzinfo=UTC))
    with pytest.raises(BadTerms, match="valid_until"):
        narrowest(early, late, predecessor=FIRST)


@st.composite
def narrowings(draw: st.DrawFn) -> Terms:
    """Some narrowing of the terms."""
    chosen = draw(st.lists(st.sampled_from(FIELDS), max_size=4, unique_by=lambda one: one[0]))
    return changed(**{field: draw(st.sampled_from((one, other, both))) for field, one, other, both in chosen})


def left(*several: Terms) -> bytes | None:
    try:
        both = reduce(lambda one, other: narrowest(one, other, predecessor=FIRST), several)
    except BadTerms:
        return None
    return canonical(both)


@given(narrowings(), narrowings(), narrowings())
def test_order_and_repetition_do_not_matter(one: Terms, two: Terms, three: Terms) -> None:
    orders = [(one, two, three), (three, one, two), (two, three, one), (one, two, two, three, one)]
    found = {left(*order) for order in orders}
    assert len(found) == 1


@given(narrowings(), narrowings())
def test_what_is_left_is_wider_than_neither(one: Terms, other: Terms) -> None:
    document = left(one, other)
    if document is not None:
        both = narrowest(one, other, predecessor=FIRST)
        assert compare(one, both).widened == []
        assert compare(other, both).widened == []
        assert left(both, one) == left(both, other) == document
