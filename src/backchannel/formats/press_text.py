"""The text of a press report in a file of text: its encoding found out, what is no text refused.

Rules: a byte order mark says what it is; else UTF-8 if all bytes are; else Windows-1252, the encoding of most old
English text, if that makes letters of few bytes only, and the guess is said. A text is never mended: what comes out
has the characters that are in the file, but for the mark.
"""

import codecs

import msgspec

from backchannel.core.assess.reading import LARGEST
from backchannel.errors import ReportTooLong, UnreadableFile
from backchannel.formats.recognise import UTF_16, refuse_binary

LARGEST_FILE = 5_000_000
"""Bytes of a file with a press report, at most: text of `reading.LARGEST` characters, or a heavy web page."""

_CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n\v\f\r\x85"]
_HIGH = bytes(range(0x80, 0x100))
_FOREIGN = 0.1
"""The part of bytes outside ASCII from which on a guess at Windows-1252 is not made: English has hardly any."""


class Text(msgspec.Struct, frozen=True):
    """The characters of a file; `guessed` if nothing in it said how to read them."""

    text: str
    guessed: bool = False


def text_of(raw: bytes) -> Text:
    """The text of a file.

    Raises:
        UnreadableFile: it is empty or holds no word; it is no text, or its encoding is not known.
        ReportTooLong: it has more bytes or characters than a report may have.
    """
    check_size(raw)
    found = _decoded(raw)
    if not found.text.strip():
        raise UnreadableFile("it is empty")
    if "\0" in found.text or _controls(found.text) > len(found.text) // 100:
        raise UnreadableFile("it looks like a binary file: it has characters in it that no text has")
    if not any(map(str.isalpha, found.text)):
        raise UnreadableFile("there is not a word in it")
    if len(found.text) > LARGEST:
        raise ReportTooLong(f"it has {len(found.text):,} characters; a report may have {LARGEST:,}")
    return found


def check_size(raw: bytes) -> None:
    """Whether a file is short enough to be a report, text or page.

    Raises:
        ReportTooLong: it is not.
    """
    if len(raw) > LARGEST_FILE:
        raise ReportTooLong(f"it has more than {LARGEST_FILE:,} bytes; a file with a report may have no more")


def _decoded(raw: bytes) -> Text:
    for mark, encoding in UTF_16:
        if raw.startswith(mark):
            return Text(_strict(raw.removeprefix(mark), encoding, "UTF-16"))
    if raw.startswith(codecs.BOM_UTF8):
        return Text(_strict(raw.removeprefix(codecs.BOM_UTF8), "utf-8", "UTF-8"))
    refuse_binary(raw)
    try:
        return Text(raw.decode())
    except UnicodeDecodeError:
        return Text(_guessed(raw), guessed=True)


def _strict(raw: bytes, encoding: str, name: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"it says that it is {name}, and is not from byte {error.start} on") from None


def _guessed(raw: bytes) -> str:
    foreign = len(raw) - len(raw.translate(None, _HIGH))
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError:
        foreign = len(raw)
    if foreign > _FOREIGN * len(raw):
        raise UnreadableFile("it is not text in UTF-8, and its encoding is not known; save it as UTF-8")
    return text


def _controls(text: str) -> int:
    return sum(map(text.count, _CONTROLS))
