"""Where an object says something in words: each passage with its place, for the search for mentions.

Rules: every string counts, the names of custom properties included. Left out is only what can name
nothing of anybody's: the specification's own words (its property names, its vocabularies, the syntax of
patterns), timestamps, and references, which closure judges. A place is a property, or one extension
within `extensions`.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from backchannel.core.mention import words
from backchannel.core.properties import KNOWN_KEYS, OBSERVABLE_TYPES, VOCABULARY
from backchannel.core.stix_ids import ID, UUID

Place = tuple[str, ...]
"""(property,) or ("extensions", extension) or ("granular_markings", selector)."""

EXTENSION_ID = "extension-definition--"
"""How the id of an extension's definition begins; such a key in `extensions` is a reference."""

_ANY_ID = re.compile(ID, re.IGNORECASE)
_BARE_UUID = re.compile(UUID, re.IGNORECASE)
_TYPE_LENGTH = 250
_TYPE_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_STRUCTURE = frozenset({"id", "type", "spec_version", "created", "modified"})
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_QUOTED = re.compile(r"([.:]?)'((?:[^'\\]|\\.)*+)'", re.DOTALL)
_SYNTAX_WORD = re.compile(r"[^\s\[\]()=<>!,:.*']+")
_PATTERN_WORDS = """
AND OR NOT FOLLOWEDBY LIKE MATCHES ISSUPERSET ISSUBSET EXISTS LAST IN START STOP SECONDS WITHIN REPEATS TIMES
"""
_KEYWORDS = frozenset(_PATTERN_WORDS.split())
_TOP_LEVEL = """ app arpa biz cloud club com dev edu gov info int life link live mil mobi name net news
online org pro shop site space store tech top website wiki work world xyz
"""
_HOST_ENDINGS = frozenset(_TOP_LEVEL.split())
_HOST_END = re.compile(r"(?<=\w)(?:\.|\[\.\]|\(\.\)|\[dot\])([a-z]{3,7})(?![\w-]|\.\w)")


def passages(value: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Every string in an object that could mention something, with its place."""
    for name, inner in value.items():
        if name not in KNOWN_KEYS:
            yield (name,), name
        if name in _STRUCTURE:
            continue
        if name == "pattern" and isinstance(inner, str) and value.get("pattern_type") == "stix":
            yield from (((name,), text) for text in pattern_texts(inner))
        elif name == "granular_markings" and isinstance(inner, list):
            yield from _selectors(inner)
        elif name == "extensions" and isinstance(inner, Mapping):
            for key, extension in inner.items():
                is_reference = key.startswith(EXTENSION_ID) and _ANY_ID.fullmatch(key)
                told = [extension] if is_reference else [{key: extension}]
                yield from (((name, key), text) for text in _strings(told))
        elif isinstance(inner, str):
            if _could_name(inner, is_reference=name.endswith("_ref")):
                yield (name,), inner
        elif isinstance(inner, Mapping | list):
            yield from (((name,), text) for text in _strings(inner, name))


def ids_in(text: str) -> Iterator[str]:
    """Every STIX id or bare UUID that a text says, in lower case."""
    if text.count("-") < 4:
        return
    for found in _BARE_UUID.finditer(text):
        start = found.start()
        if text[max(0, start - 2) : start] == "--":
            start -= 2
            first = max(0, start - _TYPE_LENGTH)
            while start > first and text[start - 1].lower() in _TYPE_CHARACTERS:
                start -= 1
        yield text[start : found.end()].lower().lstrip("-")


def pattern_texts(pattern: str) -> Iterator[str]:
    """The literals of a STIX pattern, and words outside them that are not the specification's."""
    for in_path, text in _QUOTED.findall(pattern):
        if not (in_path and text in KNOWN_KEYS):
            yield text
    rest = _QUOTED.sub(" ", pattern)
    if "'" in rest or "/*" in pattern or "//" in rest:
        yield pattern  # what stands in a comment stands in a row, and its quotes are none
    for word in _SYNTAX_WORD.findall(rest):
        if not (word in KNOWN_KEYS or word in OBSERVABLE_TYPES or word in _KEYWORDS or word.isdigit()):
            yield word


def stands(text: str, key: str, known_phrases: Collection[Sequence[str]]) -> bool:
    """Whether a text mentions a term by itself: not only inside a phrase both parties know (a threat's
    name), and not only as the ending of host names (`.net` does not mention a tool called Net)."""
    term = key.split(" ")
    if key in _HOST_ENDINGS:
        folded = text.casefold()
        text = _HOST_END.sub(lambda match: " " if match[1] == key else match[0], folded)
    tokens = words(text)
    covered = _covered(tokens, [phrase for phrase in known_phrases if _inside(term, phrase)])
    size = len(term)
    return any(
        tokens[start : start + size] == term
        and not any(first <= start and start + size <= last for first, last in covered)
        for start in range(len(tokens) - size + 1)
    )


def need_a_look(known_phrases: Collection[Sequence[str]]) -> frozenset[str]:
    """The terms for which `stands` could say no."""
    parts = (
        " ".join(phrase[start:end])
        for phrase in known_phrases
        for start in range(len(phrase))
        for end in range(start + 1, len(phrase) + 1)
    )
    return _HOST_ENDINGS.union(parts)


def _inside(term: Sequence[str], phrase: Sequence[str]) -> bool:
    size = len(term)
    return any([*phrase[start : start + size]] == [*term] for start in range(len(phrase) - size + 1))


def _covered(tokens: Sequence[str], phrases: Collection[Sequence[str]]) -> list[tuple[int, int]]:
    return [
        (start, start + len(phrase))
        for phrase in phrases
        for start in range(len(tokens) - len(phrase) + 1)
        if [*tokens[start : start + len(phrase)]] == [*phrase]
    ]


def _selectors(markings: list[Any]) -> Iterator[tuple[Place, str]]:
    for marking in markings:
        selectors = marking.get("selectors") if isinstance(marking, Mapping) else None
        for selector in selectors if isinstance(selectors, list) else ():
            if isinstance(selector, str) and not KNOWN_KEYS.issuperset(_selector_words(selector)):
                yield ("granular_markings", selector), selector


def _selector_words(selector: str) -> Iterator[str]:
    return (step for step in selector.split(".") if not step.startswith("["))


def _strings(item: Any, name: str = "") -> Iterator[str]:
    """Every string at any depth that could name something, custom keys included. `name` is that of a list."""
    stack: list[tuple[str, Any]] = [(name, item)]
    while stack:
        name, item = stack.pop()
        if isinstance(item, Mapping):
            for key, inner in item.items():
                if key not in KNOWN_KEYS:
                    yield key
                if not isinstance(inner, str):
                    stack.append((key, inner))
                elif _could_name(inner, is_reference=key.endswith("_ref")):
                    yield inner
        elif isinstance(item, list):
            for inner in item:
                if not isinstance(inner, str):
                    stack.append(("", inner))
                elif _could_name(inner, is_reference=name.endswith("_refs")):
                    yield inner


def _could_name(text: str, *, is_reference: bool) -> bool:
    """`is_reference`: it stands where `core.stix.references` finds it, so that closure looks at it."""
    if text in VOCABULARY or _TIMESTAMP.fullmatch(text):
        return False
    return not (is_reference and _ANY_ID.fullmatch(text))
