"""Texts whose attribution is known word by word, made from lines of tokens and labels: text, sentences, known spans.

A file has one JSON object a line: `tokens`, as many `labels` (`B-source`, `I-source`, and so for `cue` and `content`;
`O` for the rest), and the `id` of the document. A line is a paragraph; lines of one `id` are one document. This is
how the corpora PolNeAR and RiQua are published for taggers. Tokens are joined as a typesetter would, so that the
language model meets text as it is published, and every label becomes a span of characters.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from backchannel.core.assess.press import Span
from backchannel.core.assess.tagger_labels import LABELS, ROLES
from backchannel.core.text import printable
from backchannel.errors import UnreadableFile

LARGEST = 512 * 1024 * 1024
"""Bytes of a file; the largest corpus that is known has a tenth of it."""

_PLAIN = "''"
_OPENS = {"``": "“", "`": "‘", "-LRB-": "(", "-LSB-": "[", "-LCB-": "{"}
_CLOSES = {"''": "”", "'": "’", "-RRB-": ")", "-RSB-": "]", "-RCB-": "}"}
_TIGHT = {",", ".", ";", ":", "?", "!", "%", "n't", "'s", "'S", "'re", "'ve", "'ll", "'d", "'m", ")", "]"}
_ENDS = {".", "?", "!"}
_AFTER_END = {"”", "’", ")", "]"}


class Row(msgspec.Struct, frozen=True):
    """One line of a corpus."""

    tokens: list[str]
    labels: list[str]
    id: str | int | None = None


@dataclass(slots=True)
class Document:
    """A text with the spans of its tokens, sentences and paragraphs, and for each role the known spans."""

    name: str
    text: str = ""
    tokens: list[Span] = field(default_factory=list)
    paragraphs: list[Span] = field(default_factory=list)
    sentences: list[Span] = field(default_factory=list)
    quotations: list[Span] = field(default_factory=list)
    gold: dict[str, list[Span]] = field(default_factory=lambda: {role: [] for role in ROLES})


def documents(path: Path) -> list[Document]:
    """All documents of a file, in its order; a line without an id is a document of its own.

    Raises:
        UnreadableFile: the file is too large or cannot be read, or a line of it is not of that form.
    """
    shown = printable(str(path), 300)
    try:
        if path.stat().st_size > LARGEST:
            raise UnreadableFile(f"{shown}: more than {LARGEST:,} bytes")
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UnreadableFile(f"{shown}: {error.strerror or error}") from error
    found: dict[str, list[Row]] = {}
    decoder = msgspec.json.Decoder(Row)
    for number, line in enumerate(lines, 1):
        if line.strip():
            row = _row(decoder, line, f"{shown}, line {number}")
            found.setdefault(str(number if row.id is None else row.id), []).append(row)
    return [_document(name, rows) for name, rows in found.items()]


def half_of(document: Document) -> str:
    """`even` or `odd`, by the hash of the document's name: the same on every machine, and of no subject."""
    return "odd" if hashlib.sha256(document.name.encode()).digest()[0] % 2 else "even"


def _row(decoder: "msgspec.json.Decoder[Row]", line: bytes, place: str) -> Row:
    try:
        row = decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"{place}: {error}") from error
    if len(row.tokens) != len(row.labels) or not row.tokens:
        raise UnreadableFile(f"{place}: {len(row.tokens)} tokens and {len(row.labels)} labels")
    if not all(token.strip() for token in row.tokens):
        raise UnreadableFile(f"{place}: a token without a character")
    unknown = next((label for label in row.labels if label not in LABELS), None)
    if unknown is not None:
        raise UnreadableFile(f"{place}: no label {printable(unknown, 40)!r}; there are {', '.join(LABELS)}")
    return row


def _document(name: str, rows: Sequence[Row]) -> Document:
    """One document; where its file has only straight quotation marks, they open and close by turns."""
    document = Document(name)
    straight = not any("``" in row.tokens for row in rows)
    for row in rows:
        _add(document, list(_turned(row.tokens)) if straight else row.tokens, row.labels)
    return document


def _turned(tokens: list[str]) -> Iterator[str]:
    opens = True
    for token in tokens:
        yield "``" if token == _PLAIN and opens else token
        opens ^= token == _PLAIN


def _add(document: Document, tokens: list[str], labels: list[str]) -> None:
    first = len(document.tokens)
    text = document.text + ("\n\n" if document.text else "")
    begin, glue = len(text), True
    for token in tokens:
        word = _OPENS.get(token) or _CLOSES.get(token) or token
        closes = token in _CLOSES or token in _TIGHT
        if not glue and not closes:
            text += " "
        document.tokens.append(Span(len(text), len(text) + len(word)))
        text += word
        glue = token in _OPENS or token in {"$", "("}
    document.text = text
    document.paragraphs.append(Span(begin, len(text)))
    placed = document.tokens[first:]
    document.sentences += _sentences(text, placed)
    document.quotations += _quotations(text, placed)
    for role, low, high in labelled(labels):
        document.gold[role].append(Span(placed[low].begin, placed[high - 1].end))


def _sentences(text: str, tokens: list[Span]) -> Iterator[Span]:
    """Cut after a full stop, with the marks that close behind it."""
    begin, ended = 0, False
    for at, token in enumerate(tokens):
        word = token.of(text)
        if ended and word not in _AFTER_END and word not in _ENDS:
            yield Span(tokens[begin].begin, tokens[at - 1].end)
            begin, ended = at, False
        ended = word in _ENDS or (ended and word in _AFTER_END)
    yield Span(tokens[begin].begin, tokens[-1].end)


def _quotations(text: str, tokens: list[Span]) -> Iterator[Span]:
    """What stands between double marks, or from one that is never closed to the end of the paragraph."""
    begin: int | None = None
    for token in tokens:
        word = token.of(text)
        if word == "“" and begin is None:
            begin = token.end
        elif word == "”" and begin is not None:
            yield Span(begin, token.begin)
            begin = None
    if begin is not None and begin < tokens[-1].end:
        yield Span(begin, tokens[-1].end)


def labelled(labels: list[str]) -> Iterator[tuple[str, int, int]]:
    """Role, first token and the token after the last, of each run of labels (`B-source`, `I-source`, `O`)."""
    role, begin = "", 0
    for at, label in enumerate([*labels, "O"]):
        going_on = label[:1] == "I" and label[2:] == role
        if role and not going_on:
            yield role, begin, at
            role = ""
        if label != "O" and not role:
            role, begin = label[2:], at
