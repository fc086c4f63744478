"""Active content in an object: what could run, or open a door. Only information may cross, either way.

Found are:
 1. encoded binaries: `payload_bin`, and every other property that STIX names `..._bin`;
 2. credentials: `user-account.credential`, properties called password and the like, private keys, passwords
    inside URLs;
 3. links that run when followed (`javascript:`, `data:`);
 4. encoded files inside text: by the first bytes of programs, archives and documents, and any unbroken run of
    `LONG_RUN` encoded characters;
 5. patterns that spell out a payload or a credential.

Not found is content that is disguised on purpose (split, encrypted, spelled otherwise). Prose that quotes
code, such as a command line or an HTML tag, is information and passes. Nothing is decoded or run.
Source: STIX 2.1, sections 3.1 (binary), 3.3 (property names), 6.1 (artifact) and 6.16 (user account).
"""

import re
from collections.abc import Mapping
from itertools import repeat
from typing import Any

LONG_RUN = 4096
"""An unbroken run of so many base64 or hexadecimal characters is content, whatever it starts with;
certificates and public keys, which are published as intelligence, are shorter."""

FILE_RUN = 200
"""A run of so many encoded characters is content if it starts like a file."""

_CREDENTIALS = frozenset(
    {
        "credential",
        "credentials",
        "password",
        "passwd",
        "private_key",
        "secret_key",
        "client_secret",
        "api_key",
        "access_token",
    }
)
_IDENTIFYING = frozenset(
    {
        "type",
        "id",
        "spec_version",
        "created",
        "modified",
        "created_by_ref",
        "source_ref",
        "target_ref",
        "relationship_type",
        "pattern_type",
        "valid_from",
        "valid_until",
    }
)
"""Properties whose form validation has fixed: nothing fits into them, so a plain object is judged quickly."""

_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]{0,20}PRIVATE KEY(?: BLOCK)?-----(?:\\[rn]|\s){0,4}[A-Za-z0-9+/:]{20}")
_PASSWORD_IN_URL = re.compile(r"://[^\s/?#:@'\"]{1,64}:[^\s/?#@'\"]{1,128}@")
_RUNNING_LINK = re.compile(r"[\s\x00-\x20]*(javascript|vbscript|data):", re.IGNORECASE)
_PATTERN = re.compile(r"(user-account:credential|payload_bin)\s{0,9}(?:NOT\s{1,9})?(?:=|IN\b)")
# Possessive, and only from the start of a run: linear in the length of the text, whatever it holds.
_RUN = re.compile(rf"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{{{FILE_RUN},}}+")
_IDENTIFYING_LENGTH = 100
_TELLING = _CREDENTIALS | {"url", "value", "pattern"}
"""Properties whose name says what to look for in them, besides those that end in `_bin`."""
_SHORT = 20
"""A text of so many characters has no room for a key, a password in a URL, or a file."""
_FILES = {
    "TVo": "a Windows program",
    "TVp": "a Windows program",
    "TVq": "a Windows program",
    "TVr": "a Windows program",
    "4d5a": "a Windows program",
    "f0VMR": "a Linux program",
    "7f454c46": "a Linux program",
    "z/rt/": "a macOS program",
    "yv66v": "a macOS or Java program",
    "ZGV4Cj": "an Android program",
    "UEsDB": "an archive",
    "504b0304": "an archive",
    "N3q8r": "an archive",
    "UmFyI": "an archive",
    "H4sI": "an archive",
    "0M8R4": "an Office document",
    "d0cf11e0": "an Office document",
    "JVBER": "a PDF document",
    "IyEv": "a script",
}


def active_content(value: Mapping[str, Any]) -> str | None:
    """What in an object could run or open a door, as a short sentence with its place; None if nothing does.

    The sentence never repeats the content itself.
    """
    stack: list[tuple[str, Any]] = [("", value)]
    while stack:
        path, item = stack.pop()
        named = type(item) is dict
        for key, inner in item.items() if named else zip(repeat(""), item):
            kind = type(inner)
            if kind is str:
                if key in _IDENTIFYING and len(inner) < _IDENTIFYING_LENGTH:
                    continue
                if (found := _in_member(key, inner)) is not None:
                    return f"{path}{key} {found}" if named else f"{path.removesuffix('.')} {found}"
            elif kind is dict or kind is list:
                stack.append((f"{path}{key}." if named else path, inner))
    return None


def _in_member(key: str, text: str) -> str | None:
    found = _in_property(key, text) if key in _TELLING or key.endswith("_bin") else None
    return _in_text(text) if found is None and len(text) > _SHORT else found


def _in_property(key: str, text: str) -> str | None:
    """What the name of the property says about its text."""
    if not text:
        return None
    if key in _CREDENTIALS:
        return "is a credential"
    if key.endswith("_bin"):
        return f"is an encoded binary of {len(text)} characters"
    if (key == "url" or key == "value") and _RUNNING_LINK.match(text):
        return "is a link that runs when followed"
    if key == "pattern" and (match := _PATTERN.search(text)):
        return f"spells out {match[1]}"
    return None


def _in_text(text: str) -> str | None:
    if "@" in text and "://" in text and _PASSWORD_IN_URL.search(text):
        return "holds a URL with a password"
    if "PRIVATE KEY" in text and _KEY.search(text):
        return "holds a private key"
    return _encoded_file(text) if _has_long_word(text) else None


def _has_long_word(text: str) -> bool:
    """Whether `FILE_RUN` characters follow each other without a blank: seen by leaping from blank to blank."""
    start, last = 0, len(text) - FILE_RUN
    while start <= last:
        blank = text.rfind(" ", start, start + FILE_RUN)
        if blank < 0:
            return True
        start = blank + 1
    return False


def _encoded_file(text: str) -> str | None:
    lines_joined = text.replace("\r", "").replace("\n", "")
    for token in lines_joined.split():
        for match in _RUN.finditer(token) if len(token) >= FILE_RUN else ():
            run = match[0]
            kind = next((kind for start, kind in _FILES.items() if _starts(run, start)), None)
            if kind is not None:
                return f"holds {kind}, encoded"
            if len(run) >= LONG_RUN:
                return f"holds {len(run)} encoded characters"
    return None


def _starts(run: str, start: str) -> bool:
    """Hexadecimal starts are met in either case, base64 ones only as written."""
    return run.startswith(start) or (start.isalnum() and start == start.lower() and run[:8].lower().startswith(start))
