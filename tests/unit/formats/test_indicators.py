"""Indicator lists: every value comes in once with where it was published, every other line is told."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.errors import UnreadableFile
from backchannel.formats.entries import MAX_DESCRIPTION
from backchannel.formats.generate import Generator
from backchannel.formats.indicators import aliases, read_indicators
from backchannel.formats.indicators_text import MAX_REFERENCES
from backchannel.formats.items import Item
from backchannel.formats.lines import MAX_LINE, read_lines
from backchannel.formats.recognise import HEAD_SIZE, Kind, recognise
from paths import SHARED_DATA, needs_shared_data

MAKE = Generator(UUID(int=7), datetime(2026, 11, 22, tzinfo=UTC))
THREAT = "malware--31b940d4-6f7f-459a-80ea-9c1f17b58abc"


def read(text: str | bytes, kind: Kind = Kind.LIST, threat_id: str | None = None) -> list[Item]:
    raw = text.encode() if isinstance(text, str) else text
    return list(read_indicators(io.BytesIO(raw), kind, MAKE, threat_id=threat_id))


def values(items: list[Item]) -> list[dict[str, Any]]:
    return [dict(item.object.value) for item in items if item.object is not None]


def names(items: list[Item]) -> list[str]:
    return [value["name"] for value in values(items)]


def refused(items: list[Item]) -> list[tuple[int, str]]:
    return [(item.index, item.findings[0].rule) for item in items if item.object is None]


def refused_messages(items: list[Item]) -> list[str]:
    return [item.findings[0].message for item in items if item.object is None]


def urls(value: dict[str, Any]) -> list[str]:
    return [reference["url"] for reference in value.get("external_references", [])]


def test_every_line_that_is_an_indicator_becomes_one_with_its_line_and_its_original() -> None:
    items = read("\ufeffevil[.]example\r\n\n  198.51.100.7  \nhxxp://evil.example/a\n")
    assert names(items) == ["evil.example", "198.51.100.7", "http://evil.example/a"]
    assert [item.index for item in items] == [1, 3, 4]
    assert [item.original for item in items] == [b"evil[.]example", b"  198.51.100.7  ", b"hxxp://evil.example/a"]
    assert all(item.generated for item in items)


def test_comments_are_no_indicators_whatever_their_mark() -> None:
    items = read("# evil.example\n; evil.example\n// evil.example\nbad.example # seen today\n")
    assert names(items) == ["bad.example"]
    assert values(items)[0]["description"] == "seen today"


def test_a_line_that_is_no_indicator_is_told_and_its_neighbours_are_kept() -> None:
    items = read("a.example\nthis is prose\nb.example\nlocalhost\n")
    assert names(items) == ["a.example", "b.example"]
    assert refused(items) == [(2, "not-an-indicator"), (4, "not-an-indicator")]
    assert items[1].findings[0].message == "line 2 is not an indicator: 'this is prose'"


def test_control_characters_and_escapes_of_a_refused_line_reach_no_terminal() -> None:
    finding = read("\x1b[31mred \u202e\n")[0].findings[0]
    assert finding.message.isprintable()
    assert finding.value.isprintable()
    assert "\\x1b[31mred" in finding.message


@pytest.mark.parametrize(
    ("line", "name", "description"),
    [
        ("198.51.100.7\t10", "198.51.100.7", "10"),
        ("evil.example, seen 2026", "evil.example", "seen 2026"),
        ("evil.example;malware;high", "evil.example", "malware;high"),
        ('"evil.example"', "evil.example", None),
        ("0.0.0.0 evil.example", "evil.example", None),
        ("127.0.0.1\tevil.example # ads", "evil.example", "ads"),
        ("- evil.example", "evil.example", None),
        ("http://evil.example/a,b", "http://evil.example/a,b", None),
        ("198.51.100.7:8080", "198.51.100.7:8080", None),
        ("/bad_1.php", "/bad_1.php", None),
    ],
)
def test_what_stands_beside_a_value_describes_it(line: str, name: str, description: str | None) -> None:
    items = read(line)
    assert names(items) == [name]
    assert values(items)[0].get("description") == description


def test_reference_lines_are_the_external_references_of_the_indicators_below_them() -> None:
    items = read(
        "before.example\n"
        "# Reference: https://one.example/a\n# Refernce: https://www.two.example/b (a copy)\n\n"
        "a.example\n# a remark\nb.example\n\n# Reference: https://three.example/c\n\nc.example\n"
    )
    assert [urls(value) for value in values(items)] == [
        [],
        ["https://one.example/a", "https://www.two.example/b"],
        ["https://one.example/a", "https://www.two.example/b"],
        ["https://three.example/c"],
    ]
    assert values(items)[1]["external_references"][1] == {
        "source_name": "two.example",
        "description": "(a copy)",
        "url": "https://www.two.example/b",
    }


def test_what_stands_under_a_generic_heading_belongs_to_no_reference() -> None:
    items = read("# Reference: https://one.example/a\na.example\n# Generic\nb.example\n")
    assert [urls(value) for value in values(items)] == [["https://one.example/a"], []]


def test_a_reference_that_is_no_url_is_kept_in_words() -> None:
    items = read("# Reference: private report 12\na.example\n# Reference: https://bad.example/[x]\nb.example")
    assert values(items)[0]["external_references"] == [
        {"source_name": "private report 12", "description": "private report 12"}
    ]
    assert values(items)[1]["external_references"][0]["description"] == "https://bad.example/[x]"


def test_a_value_that_comes_again_is_one_object_with_the_references_of_all_its_places() -> None:
    items = read(
        "# Reference: https://one.example/\nevil.example\nother.example\n"
        "# Reference: https://two.example/\nEVIL[.]example\nevil.example\n"
    )
    assert names(items) == ["evil.example", "other.example"]
    assert [urls(value) for value in values(items)] == [
        ["https://one.example/", "https://two.example/"],
        ["https://one.example/"],
    ]


def test_references_of_one_indicator_are_bounded() -> None:
    heads = "".join(f"# Reference: https://r{n}.example/\n" for n in range(500))
    again = "".join(f"# Reference: https://s{n}.example/\nevil.example\n" for n in range(500))
    items = read(heads + "evil.example\n" + again)
    assert len(items) == 1
    assert len(urls(values(items)[0])) == MAX_REFERENCES


def test_with_a_threat_each_indicator_is_followed_by_what_it_indicates() -> None:
    items = read("a.example\nnonsense\nb.example\na.example\n", threat_id=THREAT)
    shape = [(item.index, item.object.type if item.object else "") for item in items]
    assert shape == [(1, "indicator"), (1, "relationship"), (2, ""), (3, "indicator"), (3, "relationship")]
    relation = values(items)[1]
    assert (relation["source_ref"], relation["target_ref"]) == (values(items)[0]["id"], THREAT)


def test_the_same_list_twice_gives_the_same_bytes() -> None:
    text = "# Reference: https://one.example/\nevil.example 5\n/path\n"
    assert read(text, threat_id=THREAT) == read(text, threat_id=THREAT)


def test_the_aliases_a_list_names_can_be_asked_for() -> None:
    assert aliases(io.BytesIO(b"# Copyright\n# Aliases: one, two cats ,\n\na.example\n")) == ("one", "two cats")
    assert aliases(io.BytesIO(b"a.example\n# Aliases: one\n")) == ()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"\xff\xfe.example", "not UTF-8 (byte 1)"),
        (b"ev\0il.example", "NUL bytes"),
        (b"x" * 20_000, "20001 bytes long"),
    ],
)
def test_a_line_that_is_no_text_is_told_and_its_neighbours_are_kept(line: bytes, problem: str) -> None:
    items = read(b"a.example\n" + line + b"\nb.example\n")
    assert names(items) == ["a.example", "b.example"]
    assert refused(items) == [(2, "unreadable-line")]
    assert problem in items[1].findings[0].message
    assert items[1].findings[0].message.isprintable()


class Endless(io.RawIOBase):
    """A file of one enormous line that notes how much of it was asked for at once."""

    def __init__(self, size: int) -> None:
        self.left, self.largest = size, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = min(len(buffer), self.left)
        buffer[:count] = b"x" * count
        self.left -= count
        self.largest = max(self.largest, count)
        return count


def test_a_line_of_a_hundred_megabytes_is_passed_over_in_small_pieces() -> None:
    raw = Endless(100_000_000)
    lines = list(read_lines(io.BufferedReader(raw, 8192)))
    assert len(lines) == 1
    assert lines[0].problem.startswith("the line is 100000000 bytes long")
    assert len(lines[0].raw) == MAX_LINE
    assert raw.largest <= 4 * MAX_LINE


@given(st.binary(max_size=300), st.sampled_from([Kind.LIST, Kind.CSV]))
def test_whatever_the_bytes_a_list_gives_items_or_is_refused_as_a_file(raw: bytes, kind: Kind) -> None:
    try:
        items = read(b"indicator,type\n" * (kind is Kind.CSV) + raw, kind)
    except UnreadableFile:
        return
    assert all((item.object is None) == bool(item.findings) for item in items)


# --- CSV ---------------------------------------------------------------------------------------------------------


def table(*lines: str) -> list[Item]:
    return read("\n".join(lines), Kind.CSV)


def test_a_table_gives_the_values_of_its_indicator_column_with_what_stands_beside_them() -> None:
    items = table(
        "indicator,type,description,reference,first_seen",
        "evil[.]example,domain,bad one,https://news.example/a,2026-01-01",
        f"{'A' * 64},FileHash-SHA256,,,",
        '"it, evil.exe",filename,"quoted ""name""",,',
    )
    assert names(items) == ["evil.example", "a" * 64, "it, evil.exe"]
    first, second, third = values(items)
    assert first["description"] == "bad one; first_seen: 2026-01-01"
    assert urls(first) == ["https://news.example/a"]
    assert "description" not in second
    assert third["pattern"] == "[file:name = 'it, evil.exe']"
    assert third["description"] == 'quoted "name"'
    assert [item.index for item in items] == [2, 3, 4]


def test_every_typed_column_of_a_table_gives_its_own_indicator() -> None:
    items = table("name;md5;sha256", f"x.exe;{'a' * 32};{'b' * 64}", f"y.exe;;{'c' * 64}")
    assert [value["pattern"] for value in values(items)] == [
        f"[file:hashes.MD5 = '{'a' * 32}']",
        f"[file:hashes.'SHA-256' = '{'b' * 64}']",
        f"[file:hashes.'SHA-256' = '{'c' * 64}']",
    ]
    assert values(items)[0]["description"] == "name: x.exe"


def test_a_header_in_the_last_comment_counts() -> None:
    items = table("# the list", '# "first_seen","ioc_value","ioc_type"', '"2026","198.51.100.7:443","ip:port"')
    assert names(items) == ["198.51.100.7:443"]
    assert values(items)[0]["description"] == "first_seen: 2026"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_usual_delimiter_will_do(delimiter: str) -> None:
    assert names(table(f"domain{delimiter}note", f"evil.example{delimiter}x")) == ["evil.example"]


def test_where_a_column_is_wrong_about_the_type_the_form_of_the_value_decides() -> None:
    items = table("domain,md5", f"198.51.100.7,{'a' * 40}")
    assert [value["pattern"].split(" ")[0] for value in values(items)] == [
        "[ipv4-addr:value",
        "[file:hashes.'SHA-1'",
    ]


def test_a_first_row_that_holds_a_value_is_no_header() -> None:
    text = "evil.example,domain,bad\nother.example,domain,bad\n"
    assert recognise(text.encode()) is Kind.LIST
    assert names(read(text)) == ["evil.example", "other.example"]


def test_a_broken_row_is_told_and_its_neighbours_are_kept() -> None:
    items = table(
        "indicator,type",
        "a.example,domain",
        '"never closed,domain',
        "CVE-2026-1,cve",
        ",domain",
        "short,file-md5",
        "b.example,domain",
    )
    assert names(items) == ["a.example", "b.example"]
    assert refused(items) == [(line, "not-an-indicator") for line in (3, 4, 5, 6)]
    assert "not CSV" in items[1].findings[0].message
    assert "columns of indicators are empty" in items[3].findings[0].message


def test_a_quoted_cell_may_go_on_over_lines() -> None:
    items = table("indicator,comment", 'a.example,"one', 'two"', "b.example,three")
    assert names(items) == ["a.example", "b.example"]
    assert values(items)[0]["description"] == "one two"
    assert items[0].original == b'a.example,"one\ntwo"'
    assert items[1].index == 4


def test_a_table_without_a_column_of_indicators_is_refused_as_a_file() -> None:
    with pytest.raises(UnreadableFile, match="without a column of indicators"):
        table("name,age", "x,1")


def test_repeated_values_of_a_table_are_merged_with_their_references() -> None:
    items = table("url,source", "evil.example/a,https://one.example/", "http://evil.example/a,https://two.example/")
    assert [urls(value) for value in values(items)] == [["https://one.example/", "https://two.example/"]]


def test_a_row_of_too_many_cells_is_told() -> None:
    items = table("domain,note", "evil.example" + ",x" * 300, "other.example,x")
    assert names(items) == ["other.example"]
    assert "more than 256 cells" in refused_messages(items)[0]


def test_control_characters_in_what_describes_a_value_are_shown_escaped() -> None:
    assert values(read("evil.example \x1b[31mred\u202e"))[0]["description"] == "\\x1b[31mred\\u202e"


def test_what_describes_a_value_is_bounded() -> None:
    assert len(values(read("evil.example " + "x" * 5000))[0]["description"]) == MAX_DESCRIPTION


# --- the real lists ----------------------------------------------------------------------------------------------


def real(name: str) -> Iterator[Item]:
    path = SHARED_DATA / name
    with path.open("rb") as stream:
        kind = recognise(stream.read(HEAD_SIZE))
        yield from read_indicators(stream, kind, MAKE)


@needs_shared_data
@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("maltrail/apt_pegasus.txt", 1500),
        ("maltrail/apt_predator.txt", 120),
        ("maltrail/predatory.txt", 1400),
        ("maltrail/apt_gamaredon-1.txt", 10_000),
    ],
)
def test_every_line_of_a_real_list_comes_in(name: str, least: int) -> None:
    items = list(real(name))
    assert refused(items) == []
    assert len(items) >= least


@needs_shared_data
def test_the_real_list_on_pegasus_says_where_amnesty_was_the_first_to_publish() -> None:
    told = [
        value for value in values(list(real("maltrail/apt_pegasus.txt"))) if "amnesty" in str(urls(value)).lower()
    ]
    assert len(told) >= 1413


@needs_shared_data
def test_the_counts_of_ipsum_stay_with_their_addresses() -> None:
    items = real("ipsum/ipsum.txt")
    first = next(items)
    assert first.object is not None
    assert first.object.value["description"] == "number of (black)lists: 10"
