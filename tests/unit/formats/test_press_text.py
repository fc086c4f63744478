"""Text is read as what it is, character for character; what is no text is refused with what to do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.assess.reading import LARGEST
from backchannel.errors import ReportTooLong, UnreadableFile
from backchannel.formats.press_text import LARGEST_FILE, Text, text_of

STORY = "“No ship has left,” the harbour master said – not one.\r\n\r\nNobody knows why; it is 5 °C.\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_text_that_says_its_encoding_is_read_as_it_is(encoding: str) -> None:
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    assert text_of(mark + STORY.encode(encoding)) == Text(STORY)


def test_old_text_is_read_as_windows_1252_and_that_is_said() -> None:
    assert text_of(STORY.encode("cp1252")) == Text(STORY, guessed=True)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "it is empty"),
        (b" \n\t \r\n", "it is empty"),
        ("\ufeff \u2003\u00a0\n".encode(), "it is empty"),
        ("\ufeff  ".encode("utf-16-le"), "it is empty"),
        (b"... --- 1234 ...\n", "not a word"),
        ("\u200b\u200b\u2060\n".encode(), "not a word"),
        (b"%PDF-1.7 and so on", "a PDF document"),
        (b"PK\x03\x04 and so on", "a zip archive"),
        (b"\x7fELF and so on", "a program"),
        (b"words and then \0 and words", "a binary file"),
        ("words and then \0".encode("utf-16"), "a binary file"),
        (b"word\x01\x02\x03\x04" * 30, "a binary file"),
        (bytes(range(1, 256)) * 4, "binary|encoding is not known"),
        ("Корабль не ушел из гавани. ".encode("koi8-r") * 9, "its encoding is not known; save it as UTF-8"),
        (b"a word \x81 and more", "its encoding is not known"),
        (b"\xef\xbb\xbfwords \xff", "it says that it is UTF-8, and is not from byte 6 on"),
        (b"\xff\xfea\0b", "it says that it is UTF-16"),
        (b"\xff\xfe\x00\xd8a\0", "it says that it is UTF-16"),
    ],
)
def test_what_is_no_text_is_refused_with_what_it_is(raw: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message) as refusal:
        text_of(raw)
    assert str(refusal.value).isprintable()


def test_what_is_longer_than_a_report_is_refused() -> None:
    assert text_of(b"a" * LARGEST).text == "a" * LARGEST
    for raw in (b"a" * (LARGEST + 1), b"word " * 1_000_000, b"\0" * (LARGEST_FILE + 1)):
        with pytest.raises(ReportTooLong, match="may have"):
            text_of(raw)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_whatever_the_bytes_they_are_text_or_refused(raw: bytes) -> None:
    try:
        found = text_of(raw)
    except UnreadableFile:
        return
    assert "\0" not in found.text
    if not found.guessed and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        assert found.text.encode() == raw.removeprefix(b"\xef\xbb\xbf")
