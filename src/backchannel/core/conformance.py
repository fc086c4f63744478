"""The MUST rules of STIX 2.1 that the OASIS JSON schemas cannot say, judged on one decoded object.

Rules: values of a wrong JSON type are the schemas' to report and are passed over here, so that the order of
the two does not matter and nothing raises whatever the value. Every finding has a stable rule id. What the
standard only recommends, and what is real intelligence under an unusual name, is a warning (`must` is
False). Within the deprecated `objects` of observed data each observable is judged as if it stood alone, but
for its references. Not judged: whether what is referred to exists, and vocabularies. Source: STIX 2.1 (OASIS
standard, 10 June 2021), chapters 2, 3, 4, 5, 6, 7 and 9.
"""

import re
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from backchannel.core import pattern, stix_rules
from backchannel.core.stix_ids import CONTRIBUTING, deterministic_id
from backchannel.core.text import printable, shown

_LANGUAGE = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    r"(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?",
    re.IGNORECASE | re.ASCII,
)
_PROPERTY_NAME = re.compile(r"[a-z0-9_]{3,250}", re.ASCII)
_CPE_PART = r"(?:[A-Za-z0-9._?*~-]|\\[!-/:-@\[-`{-~])+"
_CPE = re.compile(rf"cpe:2\.3:[aho*-](?::{_CPE_PART}){{10}}", re.ASCII)
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", re.ASCII)
_INDEX = re.compile(r"\[(\d{1,9})\]", re.ASCII)
_MAX_SHOWN = 80
_NAMING = ("type", "id", "created", "modified")
"""What an object and its version are looked up by. Custom properties of observables may have two of these names."""
_Allowed = Mapping[str, tuple[str, ...]]


class Finding(msgspec.Struct, frozen=True):
    """One thing wrong with an object: a rule id, the value at fault (shortened) and a sentence.

    `must` is True for a violation of a MUST (the object is refused) and False for a warning.
    """

    rule: str
    message: str
    value: str = ""
    must: bool = True


def finding(rule: str, message: str, value: object = "", *, must: bool = True) -> Finding:
    """A finding whose value is made harmless and short. The message must be harmless already."""
    return Finding(rule, message, printable(str(value), _MAX_SHOWN), must)


def check(value: Mapping[str, Any], *, character_sets: Collection[str] | None = None) -> list[Finding]:
    """Everything the rules of this module find, in the order of the standard's chapters.

    `character_sets` are the names that `path_enc` and `name_enc` may have (IANA's); None does not judge them.
    """
    kind = value.get("type")
    if not isinstance(kind, str):
        return []
    found: list[Finding] = []
    identifier = value.get("id")
    if isinstance(identifier, str) and not identifier.startswith(kind + "--"):
        found.append(finding("id-type", f"the id does not begin with the type, {shown(kind, 40)}", identifier))
    _times(kind, value, found)
    _references(stix_rules.COMMON_REFERENCES, value, found)
    allowed = stix_rules.REFERENCES.get(kind)
    if allowed is not None:
        _references(allowed, value, found)
    if "lang" in value and not _is_language(value["lang"]):
        found.append(finding("language", "`lang` is not a language tag of RFC 5646", value["lang"]))
    if "granular_markings" in value:
        found += _granular_markings(value)
    return found + check_rest(kind, value, character_sets=character_sets)


def check_rest(
    kind: str, value: Mapping[str, Any], *, character_sets: Collection[str] | None = None
) -> list[Finding]:
    """The rules of `check` that no schema can say, for an object of this type that keeps all the others.

    For validators that have expressed the rest in a schema of their own (`formats.stix_plain_schema`).
    """
    found = [
        finding("nul", f"`{name}` has a NUL character in it", text)
        for name in _NAMING
        if (text := value.get(name)).__class__ is str and "\0" in text
    ]
    _order(stix_rules.MODIFIED, value, found)
    order = stix_rules.ORDERS.get(kind)
    if order is not None:
        _order(order, value, found)
    special = _SPECIAL.get(kind)
    if special is not None:
        found += special(value)
    if kind in CONTRIBUTING:
        found += _observable(kind, value, character_sets)
    elif kind == "observed-data" and isinstance(value.get("objects"), Mapping):
        found += _embedded(value["objects"], character_sets)
    return found


# --- time ------------------------------------------------------------------------


def _times(kind: str, value: Mapping[str, Any], found: list[Finding]) -> None:
    for name in stix_rules.TIMES.get(kind, stix_rules.COMMON_TIMES):
        text = value.get(name)
        if text is not None and (text.__class__ is not str or text[8:10] > "28" or text[17:19] > "59"):
            _time(name, text, found)  # all other numbers are within the ranges that the schema allows


def _time(name: str, text: object, found: list[Finding]) -> None:
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        return
    try:
        datetime.fromisoformat(text[:19])
    except ValueError:
        found.append(finding("impossible-time", f"`{name}` is a time that does not exist", text))


def _order(order: stix_rules.Order, value: Mapping[str, Any], found: list[Finding]) -> None:
    later, earlier = value.get(order.later), value.get(order.earlier)
    if not isinstance(later, str) or not isinstance(earlier, str) or (later == earlier and not order.strictly):
        return
    if later[:19] > earlier[:19] or not (_TIME.fullmatch(later) and _TIME.fullmatch(earlier)):
        return
    before, after = _sortable(earlier), _sortable(later)
    if after < before or (order.strictly and after == before):
        relation = "not later than" if order.strictly else "earlier than"
        message = f"`{order.later}` is {relation} `{order.earlier}` ({printable(earlier)})"
        found.append(finding(order.rule, message, later, must=order.must))


def _sortable(time: str) -> tuple[str, str]:
    """Orders by all digits of the fraction, of which there may be any number."""
    return time[:19], time[20:-1].rstrip("0")


# --- references and markings ------------------------------------------------------------------------


def _references(allowed: _Allowed, value: Mapping[str, Any], found: list[Finding]) -> None:
    for name, prefixes in allowed.items():
        target = value.get(name)
        if isinstance(target, str):
            if not target.startswith(prefixes):
                found.append(_wrong_type(name, prefixes, target))
        elif isinstance(target, list):
            wrong = [each for each in target if isinstance(each, str) and not each.startswith(prefixes)]
            found += [_wrong_type(name, prefixes, each) for each in wrong]


def _wrong_type(name: str, prefixes: tuple[str, ...], target: str) -> Finding:
    types = " or ".join(prefix.removesuffix("--") for prefix in prefixes)
    return finding("reference-type", f"`{name}` must name an object of type {types}", target)


def _granular_markings(value: Mapping[str, Any]) -> Iterator[Finding]:
    for marking in _mappings(value["granular_markings"]):
        if ("marking_ref" in marking) == ("lang" in marking):
            yield finding("granular-marking-one-of", "a granular marking must have `marking_ref` or `lang`, not both")
        if "lang" in marking and not _is_language(marking["lang"]):
            yield finding("language", "a granular marking's `lang` is not a tag of RFC 5646", marking["lang"])
        selectors = marking.get("selectors")
        for selector in selectors if isinstance(selectors, list) else ():
            if isinstance(selector, str) and not _resolves(selector, value):
                yield finding("selector", "a granular marking selects what the object does not have", selector)


def _resolves(selector: str, value: object) -> bool:
    for step in selector.split("."):
        index = _INDEX.fullmatch(step)
        if index is not None and isinstance(value, list) and int(index[1]) < len(value):
            value = value[int(index[1])]
        elif index is None and isinstance(value, Mapping) and step in value:
            value = value[step]
        else:
            return False
    return True


def _marking_definition(value: Mapping[str, Any]) -> Iterator[Finding]:
    own = value.get("id")
    marks = value.get("object_marking_refs")
    granular = [marking.get("marking_ref") for marking in _mappings(value.get("granular_markings"))]
    if own is not None and own in [*(marks if isinstance(marks, list) else ()), *granular]:
        yield finding("marks-itself", "a marking definition must not be marked by itself", own)


# --- single types ------------------------------------------------------------------------


def _indicator(value: Mapping[str, Any]) -> Iterator[Finding]:
    text = value.get("pattern")
    if value.get("pattern_type") != "stix" or not isinstance(text, str):
        return
    try:
        parsed = pattern.parse(text)
    except ValueError as error:
        yield finding("pattern", printable(str(error), 300), text)
        return
    for warning in parsed.warnings:
        yield finding("pattern-name", f"in the pattern, {printable(warning, 300)}", text, must=False)


def _language_content(value: Mapping[str, Any]) -> Iterator[Finding]:
    contents = value.get("contents")
    for tag, texts in contents.items() if isinstance(contents, Mapping) else ():
        if not _is_language(tag):
            yield finding("language", "a key of `contents` is not a language tag of RFC 5646", tag)
        for name in texts if isinstance(texts, Mapping) else ():
            if not _PROPERTY_NAME.fullmatch(name):
                yield finding("property-name", "`contents` translates what is no property name", name)


def _email_message(value: Mapping[str, Any]) -> Iterator[Finding]:
    multipart = value.get("is_multipart")
    forbidden = "body" if multipart is True else "body_multipart" if multipart is False else None
    if forbidden in value:
        yield finding("email-body", f"`{forbidden}` must not stand beside this `is_multipart`", multipart)


def _artifact(value: Mapping[str, Any]) -> Iterator[Finding]:
    media_type = value.get("mime_type")
    if isinstance(media_type, str) and not _MEDIA_TYPE.fullmatch(media_type):
        yield finding("media-type", "`mime_type` has not the form type/subtype", media_type, must=False)


def _software(value: Mapping[str, Any]) -> Iterator[Finding]:
    cpe = value.get("cpe")
    if isinstance(cpe, str) and not _CPE.fullmatch(cpe):
        yield finding("cpe", "`cpe` is not a name of CPE 2.3", cpe)
    languages = value.get("languages")
    for tag in languages if isinstance(languages, list) else ():
        if not _is_language(tag):
            yield finding("language", "`languages` has what is no language tag of RFC 5646", tag)


_SPECIAL = {
    "artifact": _artifact,
    "email-message": _email_message,
    "indicator": _indicator,
    "language-content": _language_content,
    "marking-definition": _marking_definition,
    "software": _software,
}


# --- observables ------------------------------------------------------------------------


def _observable(kind: str, value: Mapping[str, Any], character_sets: Collection[str] | None) -> Iterator[Finding]:
    for name in ("path_enc", "name_enc"):
        encoding = value.get(name)
        if character_sets is not None and isinstance(encoding, str) and encoding not in character_sets:
            yield finding("character-set", f"`{name}` is not IANA's name of a character set", encoding)
    inside: list[Finding] = []
    for part in _parts(value):
        _references(stix_rules.REFERENCES.get(kind, {}), part, inside)
        for name in stix_rules.NESTED_TIMES:
            _time(name, part.get(name), inside)
    yield from inside
    identifier = value.get("id")
    version = _uuid_version(identifier)
    if version is None:
        return
    if version != 4 and not any(name in value for name in CONTRIBUTING[kind]):
        yield finding("random-id", f"this {kind} has nothing to derive its id from: it must be a UUIDv4", identifier)
    elif version == 5 and (expected := deterministic_id(value)) not in {identifier, None}:
        yield finding("deterministic-id", f"the deterministic id would be {expected}", identifier, must=False)


def _embedded(objects: Mapping[str, Any], character_sets: Collection[str] | None) -> Iterator[Finding]:
    for inner in _mappings(list(objects.values())):
        for each in check({**inner, "type": inner.get("type")}, character_sets=character_sets):
            if each.rule != "reference-type":  # these name keys of `objects`, not ids
                yield each


def _uuid_version(identifier: object) -> int | None:
    try:
        return uuid.UUID(str(identifier).partition("--")[2]).version
    except ValueError:
        return None


def _parts(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Parts of an observable with references or times of their own: extensions, parts of a mail."""
    extensions = value.get("extensions")
    if isinstance(extensions, Mapping):
        yield from _mappings(list(extensions.values()))
    if isinstance(value.get("x509_v3_extensions"), Mapping):
        yield value["x509_v3_extensions"]
    yield from _mappings(value.get("body_multipart"))


def _mappings(items: object) -> Iterable[Mapping[str, Any]]:
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def _is_language(tag: object) -> bool:
    return not isinstance(tag, str) or _LANGUAGE.fullmatch(tag) is not None
