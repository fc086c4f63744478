"""The view of an object says what the object says, and survives the way between processes."""

import msgspec
import pytest

from backchannel.core.known_by import searchable, terms_of
from backchannel.core.stix import decode, targets
from backchannel.core.view import View, plain_marks, view_of
from worlds import TLP, link, stix

MALWARE = stix("malware", "Night Heron", aliases=["Glasswing"], object_marking_refs=[TLP["amber"]])


def test_a_view_says_what_the_object_says() -> None:
    view = view_of(MALWARE)
    assert (view.id, view.type, view.version) == (MALWARE.id, "malware", MALWARE.version)
    assert view.targets == targets(MALWARE) == {TLP["amber"]}
    assert view.terms == terms_of(MALWARE.value) == {("night heron", "name"), ("glasswing", "alias")}
    assert view.text == searchable(MALWARE.value)
    assert view.marks == (TLP["amber"],)


def test_a_view_is_the_same_on_the_other_side_of_a_process() -> None:
    view = view_of(link(MALWARE, MALWARE))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(view), type=View) == view


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        (b'"object_marking_refs":["a","b"]', ("a", "b")),
        (b'"x":1', ()),
        (b'"object_marking_refs":["a",7]', None),
        (b'"object_marking_refs":"a"', None),
        (b'"object_marking_refs":["a"],"granular_markings":[]', None),
    ],
)
def test_marks_that_do_not_tell_everything_send_one_to_the_object(
    marks: bytes, expected: tuple[str, ...] | None
) -> None:
    assert plain_marks(decode(b"{" + marks + b"}").value) == expected
