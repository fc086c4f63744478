"""Bundles come in as a stream: exact bytes, faults isolated, memory bounded."""

import io
import json
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel.errors import UnreadableFile
from backchannel.formats import stix_split, stix_window
from backchannel.formats.stix import Limits, RawItem, read_bundle, version_of
from paths import SHARED_DATA, needs_shared_data

GOOD = b'{"type":"x-a","id":"x-a--1"}'


def read(text: bytes, **limits: int) -> list[RawItem]:
    return list(read_bundle(io.BytesIO(text), limits=Limits(**limits)))


def bundle(*elements: bytes) -> bytes:
    return b'{"type":"bundle","id":"bundle--1","objects":[' + b",".join(elements) + b"]}"


def outcome(items: list[RawItem]) -> list[str]:
    return ["ok" if item.object is not None else item.fault.rule if item.fault else "?" for item in items]


class TestWhatIsRead:
    def test_every_object_of_a_bundle_with_its_exact_bytes(self) -> None:
        odd = b'{ "type" : "x-b",\n\t"n":1.50, "u":"\\u00e9\xc3\xa9" }'
        items = read(
            b'\n {"objects" : [ ' + GOOD + b" ,\n" + odd + b' ] , "type":"bundle", "spec_version": "2.1" } \n'
        )
        assert [item.raw for item in items] == [GOOD, odd]
        assert [item.index for item in items] == [0, 1]
        assert items[1].object is not None
        assert items[1].object.raw is items[1].raw
        assert items[1].object.value["u"] == "éé"

    def test_a_list_of_objects_and_a_single_object_are_read_too(self) -> None:
        assert [item.raw for item in read(b"[" + GOOD + b"," + GOOD + b"]")] == [GOOD, GOOD]
        assert [item.raw for item in read(b" " + GOOD + b"\n")] == [GOOD]

    def test_a_byte_order_mark_is_passed_over(self) -> None:
        assert outcome(read(b"\xef\xbb\xbf" + bundle(GOOD))) == ["ok"]

    def test_an_empty_bundle_has_no_objects(self) -> None:
        assert read(bundle()) == []
        assert read(b'{"type":"bundle","id":"bundle--1"}') == []
        assert read(b"[]") == []

    def test_old_observed_data_is_no_bundle_for_all_its_objects(self) -> None:
        text = b'{"type":"observed-data","objects":{"0":{"type":"file"}}}'
        assert [item.raw for item in read(text)] == [text]
        text = b'{"type":"x-a","objects":[{"a":1}]}'
        assert [item.raw for item in read(text)] == [text]

    def test_an_object_as_large_as_several_reads_is_whole(self) -> None:
        large = b'{"type":"x-a","items":[' + b",".join(b'{"n":%d}' % n for n in range(200_000)) + b"]}"
        assert len(large) > 6 * stix_window.CHUNK
        assert [item.raw for item in read(bundle(GOOD, large, GOOD))] == [GOOD, large, GOOD]

    def test_a_long_text_full_of_brackets_and_quotes_is_whole(self) -> None:
        text = json.dumps({"type": "x-a", "t": '{"[\\' * 200_000}).encode()
        assert [item.raw for item in read(bundle(text, GOOD))] == [text, GOOD]

    @pytest.mark.parametrize(
        ("value", "version"),
        [
            ({"type": "indicator", "spec_version": "2.1"}, "2.1"),
            ({"type": "indicator", "created": "x"}, "2.0"),
            ({"type": "marking-definition"}, "2.0"),
            ({"type": "indicator", "spec_version": "2.0"}, "2.0"),
            ({"type": "domain-name", "value": "x"}, "2.1"),
            ({"id": "x"}, "2.1"),
            ({"type": 5, "spec_version": 7}, "2.1"),
        ],
    )
    def test_the_version_is_told_for_each_object(self, value: dict[str, Any], version: str) -> None:
        assert version_of(value) == version


class TestFaultsCostTheirNeighboursNothing:
    @pytest.mark.parametrize(
        ("bad", "rule"),
        [
            (b'{"type":"x-a","type":"x-b"}', "duplicate-key"),
            (b'{"a":NaN}', "json"),
            (b'{"a":-Infinity}', "json"),
            (b'{"a":1e999}', "json"),
            (b'{"a":9007199254740993}', "integer-out-of-range"),
            (b'{"a":"\xff\xfe"}', "json"),
            (b'{"a":"\\ud800"}', "json"),
            (b'{"a":"\x01"}', "json"),
            (b'{"a":' * 65 + b"1" + b"}" * 65, "too-deep"),
            (b"[" * 10_000 + b"]" * 10_000, "not-an-object"),
            (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "too-deep"),
            (b"{'a':1}", "json"),
            (b'{"a":1,}', "json"),
            (b'{"a":[1}]', "json"),
            (b"5", "not-an-object"),
            (b"null", "not-an-object"),
            (b'"text, with ] and } in it"', "not-an-object"),
            (b"[]", "not-an-object"),
            (b"nonsense", "not-an-object"),
            (b"", "json"),
        ],
        ids=lambda each: each[:24].decode("latin-1") if isinstance(each, bytes) else each,
    )
    @pytest.mark.parametrize("many", [0, 2000], ids=["in a small file", "in a large file"])
    def test_each_fault_is_a_finding_in_its_place(self, bad: bytes, rule: str, many: int) -> None:
        elements = [GOOD, bad, GOOD, *([GOOD] * many)]
        got = outcome(read(bundle(*elements)))
        assert got == ["ok", rule, "ok", *(["ok"] * many)]

    def test_an_object_larger_than_the_limit_is_passed_over(self) -> None:
        large = b'{"type":"x-a","t":"' + b"}" * 700_000 + b'","n":[' + b"{}," * 100_000 + b"{}]}"
        items = read(bundle(GOOD, large, GOOD), object_bytes=300_000)
        assert outcome(items) == ["ok", "too-large", "ok"]
        assert items[1].raw == b""

    def test_the_limit_holds_for_objects_that_fit_into_one_read_too(self) -> None:
        large = b'{"type":"x-a","t":"' + b"x" * 1000 + b'"}'
        assert outcome(read(bundle(GOOD, large, GOOD), object_bytes=500)) == ["ok", "too-large", "ok"]
        many = [GOOD] * 500
        assert outcome(read(bundle(*many, large, *many), object_bytes=500)).count("too-large") == 1

    def test_a_missing_comma_is_said_and_both_objects_are_kept(self) -> None:
        assert outcome(read(b'{"objects":[' + GOOD + GOOD + b"]}")) == ["ok", "json", "ok"]

    @pytest.mark.parametrize("many", [0, 2000], ids=["in a small file", "in a large file"])
    def test_a_number_right_before_an_object_is_not_shortened_to_fit(self, many: int) -> None:
        items = read(b"[" + b",".join([*([GOOD] * many), b"55" + GOOD]) + b"]")
        assert outcome(items) == [*(["ok"] * many), "not-an-object", "json", "ok"]
        assert items[many].raw == b"55"

    def test_a_comma_too_many_is_said(self) -> None:
        assert outcome(read(b'{"objects":[' + GOOD + b",]}")) == ["ok", "json"]

    @pytest.mark.parametrize(
        "ending",
        [b"", b"]", b"] }}", b"]} x", b'],"a"}', b'],"a":{', b'],"objects":[{}]}', b"], 5}", b'],"a":"x'],
    )
    def test_a_bad_end_is_one_finding_after_what_was_read(self, ending: bytes) -> None:
        got = outcome(read(b'{"type":"bundle","objects":[' + GOOD + ending))
        assert got[0] == "ok"
        assert got[1] in {"file-end", "duplicate-key"}
        assert len(got) == 2

    @pytest.mark.parametrize("cut", range(46, len(bundle(GOOD, GOOD))))
    def test_a_file_cut_off_anywhere_gives_what_was_whole_and_says_so(self, cut: int) -> None:
        got = outcome(read(bundle(GOOD, GOOD)[:cut]))
        assert got[-1] == "file-end"
        assert got[:-1] == ["ok"] * (len(got) - 1)
        assert len(got) - 1 == bundle(GOOD, GOOD)[:cut].count(GOOD)

    def test_nesting_beyond_all_measure_gives_up_the_rest_and_says_so(self) -> None:
        items = read(bundle(GOOD, b"[" * 300_000, GOOD))
        assert outcome(items) == ["ok", "too-deep"]

    def test_messages_do_not_carry_what_was_in_the_file_raw(self) -> None:
        (item,) = read(bundle(b'{"\x1b[31m":1,"\x1b[31m":2}'))
        assert item.fault is not None
        assert "\x1b" not in item.fault.message + item.fault.value


class TestUnreadableFiles:
    @pytest.mark.parametrize(
        "text",
        [
            b"", b"   ", b"hello", b"<html>", b'"text"', b"{", b'{"a"', b'{"a":1', b'{"a" 1}', b"{a:1}", b'{"a":1 2}',
            GOOD + GOOD, b"\xff\xfe{\x00}\x00", b"\x00", b'{"a":]}', b'{"a":,"objects":[]}', b'{"a":"' + b"x" * 99,
        ],
    )  # fmt: skip
    def test_what_is_no_json_of_objects_is_refused_before_the_first_item(self, text: bytes) -> None:
        with pytest.raises(UnreadableFile) as caught:
            read(text)
        assert "\n" not in str(caught.value)

    def test_a_preamble_without_end_is_refused_and_not_read_to_its_end(self) -> None:
        stream = Endless(b'{"a":"')
        with pytest.raises(UnreadableFile, match="no list of objects"):
            peak_of(stream, object_bytes=1 << 20)
        assert stream.served < 8 << 20


class Endless(io.RawIOBase):
    """A file that begins in one way and goes on for many megabytes in another, or for ever."""

    def __init__(self, beginning: bytes, *, size: int = 1 << 40) -> None:
        self.beginning, self.left, self.served = beginning, size, 0

    def read(self, size: int = -1) -> bytes:
        if self.left <= 0:
            return b""
        served, self.beginning = self.beginning.ljust(size, b"x"), b""
        self.left -= size
        self.served += size
        return served


def peak_of(stream: io.RawIOBase, **limits: int) -> tuple[int, list[str]]:
    tracemalloc.start()
    got = outcome(list(read_bundle(stream, limits=Limits(**limits))))  # type: ignore[arg-type]  # a stream in all that matters
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak, got


class TestBounds:
    @pytest.mark.parametrize("beginning", [b'[{"a":"', b'["', b"["], ids=["object", "text", "word"])
    def test_what_is_too_large_is_not_kept_while_its_end_is_looked_for(self, beginning: bytes) -> None:
        peak, got = peak_of(Endless(beginning, size=64 << 20), object_bytes=1 << 20)
        assert got[-1] in {"file-end", "too-large"}
        assert peak < 16 << 20

    def test_memory_does_not_grow_with_the_file(self) -> None:
        class Generated(io.RawIOBase):
            """A bundle of many objects that nobody holds."""

            left = 6_000_000

            def __init__(self) -> None:
                self.rest = b'{"type":"bundle","objects":['

            def read(self, size: int = -1) -> bytes:
                while len(self.rest) < size and self.left > 0:
                    self.rest += (GOOD + b",") * 1000
                    self.left -= 1000 * len(GOOD)
                if self.left <= 0 and len(self.rest) <= size:
                    self.left, self.rest = 0, self.rest.removesuffix(b",") + (b"]}" if self.rest else b"")
                served, self.rest = self.rest[:size], self.rest[size:]
                return served

        tracemalloc.start()
        count = 0
        for item in read_bundle(Generated()):  # type: ignore[arg-type]  # a stream in all that matters
            count += item.object is not None
            if count == 20_000:
                break
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count == 20_000
        assert peak < 4 << 20

    @pytest.mark.parametrize(
        "text",
        [
            bundle(*[b"{}"] * 100_000),
            bundle(b'{"a":1,"a":2}' * 20_000),
            b"[" + b"[" * 90_000 * 10,
            b"[" + b'"' * 200_001,
        ],
        ids=["tiny objects", "no commas", "brackets", "quotes"],
    )
    def test_hostile_files_are_read_in_linear_time(self, text: bytes) -> None:
        start = time.process_time()
        count = sum(1 for _ in read_bundle(io.BytesIO(text)))
        assert count
        assert time.process_time() - start < 20


texts = st.text('ab"\\{}[],: \n', max_size=12)
json_values = st.recursive(
    texts | st.integers(-5, 5) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200)
@given(
    st.lists(st.dictionaries(texts, json_values, max_size=4), max_size=8),
    st.sampled_from([None, 1]),
    st.integers(1, 64),
)
def test_what_json_wrote_is_read_back_whatever_the_size_of_a_read(
    values: list[dict[str, Any]], indent: int | None, chunk: int
) -> None:
    text = json.dumps({"type": "bundle", "objects": values, "x": [values]}, indent=indent).encode()
    window = stix_window.Window(io.BytesIO(text), chunk)
    opened = stix_split.open_list(window, max_bytes=1 << 20)
    assert opened.bundle
    got = list(stix_split.elements(window, max_bytes=1 << 20))
    assert [json.loads(each) for each in got if isinstance(each, bytes)] == values
    assert stix_split.close(window, bundle=True, max_bytes=1 << 20) is None


@settings(max_examples=300)
@given(st.binary(max_size=60) | st.text('{}[]",:\\ an1', max_size=60).map(str.encode))
def test_any_bytes_give_items_or_the_one_named_error(text: bytes) -> None:
    for file in (text, b'{"objects":[' + text):
        try:
            items = read(file)
        except UnreadableFile:
            continue
        assert all((item.object is None) != (item.fault is None) for item in items)


@needs_shared_data
def test_the_bytes_of_a_large_published_bundle_are_those_of_the_file() -> None:
    path = SHARED_DATA / "attack" / "ics-attack.json"
    path = path if path.is_file() else sorted((SHARED_DATA / "attack").glob("*.json"))[-1]
    whole = path.read_bytes()
    with path.open("rb") as stream:
        items = list(read_bundle(stream))
    assert [item.object.value for item in items if item.object] == json.loads(whole)["objects"]
    assert all(item.raw in whole for item in items[::50])
