"""What an object is known by: its names, aliases and values as term keys, and the words it is found by.

Names are `name`; aliases are `aliases` and `x_mitre_aliases`; values are the constants of a STIX pattern
and the values of observables (`value`, `path`, hashes, …). A pattern has passed the grammar when it gets
here, so its constants are found by one pass over its quotes: the parser costs far more, and a test compares
the two.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from backchannel.core.mention import term_key

KEY_LIMIT = 200
"""Longest key that is kept as it is; a longer one (one endless word) is cut and ended by its hash."""

ALIASES = ("aliases", "x_mitre_aliases")
OBSERVABLES = frozenset(
    {
        "artifact", "autonomous-system", "directory", "domain-name", "email-addr", "email-message", "file",
        "ipv4-addr", "ipv6-addr", "mac-addr", "mutex", "network-traffic", "process", "software", "url",
        "user-account", "windows-registry-key", "x509-certificate",
    }
)  # fmt: skip
VALUE_PROPERTIES = frozenset(
    {
        "value", "path", "key", "name", "command_line", "user_id", "account_login", "display_name",
        "serial_number", "subject", "message_id",
    }
)  # fmt: skip
TEXT_PROPERTIES = ("name", "description", "abstract", "content", "explanation", "pattern")

_QUOTED = re.compile(r"([.:t]?)'((?:[^'\\]|\\.)*)(?:'|\Z)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def stored_key(key: str) -> str:
    """A term key as it stands in the table."""
    if len(key) <= KEY_LIMIT:
        return key
    return f"{key[:KEY_LIMIT]} {hashlib.sha256(key.encode()).hexdigest()}"


def terms_of(value: Mapping[str, Any]) -> set[tuple[str, str]]:
    """(key as stored, kind) of everything the object is known by. An alias equal to the name counts once."""
    found: set[tuple[str, str]] = set()
    if "name" in value:
        kind = "value" if value.get("type") in OBSERVABLES else "name"
        found.update((key, kind) for key in _keys(_strings(value["name"])))
    for name in ALIASES:
        if name in value:
            found.update((key, "alias") for key in _keys(_strings(value[name])) if (key, "name") not in found)
    if "pattern" in value or value.get("type") in OBSERVABLES:
        found.update((key, "value") for key in _keys(values_of(value)))
    return found


def values_of(value: Mapping[str, Any]) -> Iterator[str]:
    """The values an indicator's pattern names or an observable has."""
    pattern = value.get("pattern")
    if isinstance(pattern, str):
        if value.get("pattern_type", "stix") == "stix":
            yield from pattern_constants(pattern)
    elif value.get("type") in OBSERVABLES:
        yield from _observable_values(value)


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
    if value.get("type") in OBSERVABLES:
        texts += _observable_values(value)
    return "\n".join(texts)


def _keys(texts: Iterator[str]) -> Iterator[str]:
    for text in texts:
        key = term_key(text)
        if key:
            yield stored_key(key)


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
