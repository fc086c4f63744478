"""What an object bears: its names, aliases and values, as text and as term keys; and the words it is found by.

Names are `name`; aliases are `aliases` and `x_mitre_aliases`; values are the constants of a STIX pattern
and the values of observables (`value`, `path`, hashes, …), also of types that STIX does not define, at the
top. A pattern has passed the grammar when it gets here, so its constants are found by one pass over its
quotes: the parser costs far more, and a test compares the two.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from backchannel.core.mention import term_key
from backchannel.core.properties import OBSERVABLE_TYPES, REQUIRED

KEY_LIMIT = 200
"""Longest key that is kept as it is; a longer one (one endless word) is cut and ended by its hash."""

ALIASES = ("aliases", "x_mitre_aliases")
VALUE_PROPERTIES = frozenset(
    {
        "value", "path", "key", "name", "command_line", "user_id", "account_login", "display_name",
        "serial_number", "subject", "message_id",
    }
)  # fmt: skip
_VALUES_OF_CUSTOM = VALUE_PROPERTIES - {"name"}
TEXT_PROPERTIES = ("name", "description", "abstract", "content", "explanation", "pattern")

_QUOTED = re.compile(r"([.:t]?)'((?:[^'\\]|\\.)*)(?:'|\Z)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def stored_key(key: str) -> str:
    """A term key as it stands in the table."""
    if len(key) <= KEY_LIMIT:
        return key
    return f"{key[:KEY_LIMIT]} {hashlib.sha256(key.encode()).hexdigest()}"


def terms_of(value: Mapping[str, Any]) -> set[tuple[str, str]]:
    """(key as stored, kind) of everything the object bears. An alias equal to the name counts once."""
    found: set[tuple[str, str]] = set()
    for text, kind in borne(value):
        key = term_key(text)
        if key and (kind != "alias" or (stored_key(key), "name") not in found):
            found.add((stored_key(key), kind))
    return found


def borne(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(text, kind) of everything the object bears, the kind being `name`, `alias` or `value`; names come first."""
    kind = value.get("type")
    if "name" in value:
        role = "value" if kind in OBSERVABLE_TYPES else "name"
        yield from ((text, role) for text in _strings(value["name"]))
    for name in ALIASES:
        if name in value:
            yield from ((text, "alias") for text in _strings(value[name]))
    if "pattern" in value or kind in OBSERVABLE_TYPES or kind not in REQUIRED:
        yield from ((text, "value") for text in values_of(value))


def names_of(value: Mapping[str, Any]) -> Iterator[str]:
    """The name and the aliases of an object."""
    for name in ("name", *ALIASES):
        if name in value:
            yield from _strings(value[name])


def values_of(value: Mapping[str, Any]) -> Iterator[str]:
    """The values an indicator's pattern names or an observable has."""
    pattern, kind = value.get("pattern"), value.get("type")
    if isinstance(pattern, str) and value.get("pattern_type", "stix") == "stix":
        yield from pattern_constants(pattern)
    if kind in OBSERVABLE_TYPES:
        yield from _observable_values(value)
    elif kind not in REQUIRED:
        yield from (text for name in _VALUES_OF_CUSTOM if isinstance(text := value.get(name), str))


def pattern_constants(pattern: str) -> Iterator[str]:
    """The quoted constants of a STIX pattern; quoted names in paths and timestamps (`t'…'`) are none."""
    for prefix, text in _QUOTED.findall(pattern):
        if not prefix:
            yield _ESCAPED.sub(r"\1", text) if "\\" in text else text


def searchable(value: Mapping[str, Any]) -> str:
    """The text a search looks in: names, descriptions, pattern, values, labels and external ids."""
    texts = [text for name in TEXT_PROPERTIES if isinstance(text := value.get(name), str)]
    for name in (*ALIASES, "labels"):
        if name in value:
            texts += _strings(value[name])
    references = value.get("external_references")
    if isinstance(references, list):
        named = (one["external_id"] for one in references if isinstance(one, dict) and "external_id" in one)
        texts += [text for text in named if isinstance(text, str)]
    if value.get("type") in OBSERVABLE_TYPES:
        texts += _observable_values(value)
    return "\n".join(texts)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (one for one in value if isinstance(one, str))


def _observable_values(value: Mapping[str, Any]) -> Iterator[str]:
    stack: list[tuple[str, Any]] = [("", dict(value))]
    while stack:
        name, item = stack.pop()
        if isinstance(item, dict):
            inside_hashes = name == "hashes"
            for key, inner in item.items():
                if isinstance(inner, str):
                    if inside_hashes or key in VALUE_PROPERTIES:
                        yield inner
                else:
                    stack.append((key, inner))
        elif isinstance(item, list):
            stack.extend((name, inner) for inner in item)
