"""Texts whose attribution is known word by word, made from lines of tokens and labels: text, sentences, gold spans.

A line of the file is a paragraph; lines of one `id` are one document. Tokens are joined as a typesetter would, so
that the language model meets text as it is published, and every label becomes a span of characters.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from backchannel.core.assess.press import Span

ROLES = ("source", "cue", "content")

_PLAIN = "''"
_OPENS = {"``": "“", "`": "‘", "-LRB-": "(", "-LSB-": "[", "-LCB-": "{"}
_CLOSES = {"''": "”", "'": "’", "-RRB-": ")", "-RSB-": "]", "-RCB-": "}"}
_TIGHT = {",", ".", ";", ":", "?", "!", "%", "n't", "'s", "'S", "'re", "'ve", "'ll", "'d", "'m", ")", "]"}
_ENDS = {".", "?", "!"}
_AFTER_END = {"”", "’", ")", "]"}


@dataclass(slots=True)
class Document:
    """A text with the spans of its tokens, sentences and paragraphs, and for each role the gold spans."""

    name: str
    text: str = ""
    tokens: list[Span] = field(default_factory=list)
    paragraphs: list[Span] = field(default_factory=list)
    sentences: list[Span] = field(default_factory=list)
    quotations: list[Span] = field(default_factory=list)
    gold: dict[str, list[Span]] = field(default_factory=lambda: {role: [] for role in ROLES})


def documents(path: Path) -> list[Document]:
    """All documents of a file, in its order; a line without an id is a document of its own."""
    rows: dict[str, list[tuple[list[str], list[str]]]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        row = json.loads(line)
        name = str(row.get("id", number))
        rows.setdefault(name, []).append((row["tokens"], row["labels"]))
    return [_document(name, lines) for name, lines in rows.items()]


def _document(name: str, lines: list[tuple[list[str], list[str]]]) -> Document:
    """One document; where its file has only straight quotation marks, they open and close by turns."""
    document = Document(name)
    straight = not any("``" in tokens for tokens, _ in lines)
    for tokens, labels in lines:
        _add(document, list(_turned(tokens)) if straight else tokens, labels)
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
