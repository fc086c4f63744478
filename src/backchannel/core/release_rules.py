"""The rules that judge one object by itself. All of them are asked, in any order, and none knows of another.

 1. type: the agreement names its type.
 2. scope: it is within the agreed hops of a named threat.
 3. age: its newest time is not before `since`.
 4. marking: its effective TLP level is within the ceiling.
 5. originator: it is ours, or its originator lets us pass it on to this counterpart (`core.onward`).
 6. lifecycle: not revoked, not past `valid_until`.
 7. recalled: no recall of it stands, whatever version it is.
 8. content: information only (`core.content`), and no more of it in one object than vetting takes.
 9. designation: neither the counterpart nor a name or value it bears is on a list that binds us.
10. quota: the day's number of objects is not used up.
11. properties: nothing excluded is left in it; nothing is cut from another's object.

What depends on other objects, closure and mention, is in `core.release_settle`. What cannot be read
counts against the object.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from backchannel.core.age import is_before, is_time, newest_time, stamp
from backchannel.core.content import active_content
from backchannel.core.known_by import borne
from backchannel.core.marking import LEVELS, label, rank
from backchannel.core.mention import term_key
from backchannel.core.onward import may_pass
from backchannel.core.properties import COMMON, required
from backchannel.core.release_records import Context, Result, Subject, Verdict
from backchannel.core.size import oversized
from backchannel.core.stix import version_order
from backchannel.core.term_rules import glob
from backchannel.core.terms import Terms
from backchannel.core.text import printable

Rule = Callable[[Subject, Terms, Context], Verdict]

RESTRICTING = frozenset({"marking", "originator", "recalled", "designation", "content"})
"""Rules that forbid the content itself, not only this object: its names and values may not leave by
others either."""


@lru_cache(maxsize=8192)
def verdict(rule: str, result: Result, evidence: str) -> Verdict:
    """A verdict; equal ones are one value, since most objects meet the same fate."""
    return Verdict(rule, result, evidence)


def excluded(value: Mapping[str, Any], patterns: tuple[str, ...], our_identity: str) -> frozenset[str]:
    """The top-level properties that an object loses because they, or anything inside them, are excluded."""
    names = frozenset(name for name, inner in value.items() if _holds(name, inner, patterns))
    return names - {"created_by_ref"} if value.get("created_by_ref") == our_identity else names


# --- the rules -------------------------------------------------------------------------------------------------


def _type(subject: Subject, terms: Terms, _: Context) -> Verdict:
    kind = subject.object.type
    return _of_type(kind, agreed=kind in terms.scope.types)


@lru_cache(maxsize=1024)
def _of_type(kind: str, *, agreed: bool) -> Verdict:
    if agreed:
        return verdict("type", Result.PASS, f"{kind} is agreed")
    return verdict("type", Result.FAIL, f"the agreement does not speak of {printable(kind, 60)}")


def _scope(subject: Subject, terms: Terms, _: Context) -> Verdict:
    return _within(subject.hops, terms.scope.depth)


@lru_cache(maxsize=1024)
def _within(hops: int | None, depth: int) -> Verdict:
    if hops is None or hops > depth:
        return verdict("scope", Result.FAIL, f"not within {_hops(depth)} of a named threat")
    return verdict("scope", Result.PASS, f"{_hops(hops)} from a named threat" if hops else "a named threat")


def _age(subject: Subject, terms: Terms, _: Context) -> Verdict:
    since = terms.scope.since
    if since is None:
        return verdict("age", Result.PASS, "the agreement has no oldest date")
    try:
        newest = newest_time(subject.object.value)
    except ValueError as error:
        return verdict("age", Result.FAIL, str(error))
    if newest is None:
        return verdict("age", Result.MOOT, "it has no time of its own")
    if is_before(newest, since):
        return verdict("age", Result.FAIL, f"{newest[:10]} is before {stamp(since)[:10]}")
    return verdict("age", Result.PASS, f"{newest[:10]} is not before {stamp(since)[:10]}")


def _marking(subject: Subject, terms: Terms, _: Context) -> Verdict:
    return _under(subject.tlp, terms.handling.tlp_max)


@lru_cache(maxsize=1024)
def _under(level: str, ceiling: str) -> Verdict:
    if level not in LEVELS or rank(level) > rank(ceiling):
        return verdict("marking", Result.FAIL, f"{label(level)} is above the ceiling {label(ceiling)}")
    return verdict("marking", Result.PASS, f"{label(level)} is within the ceiling {label(ceiling)}")


def _originator(subject: Subject, _: Terms, __: Context) -> Verdict:
    if subject.own:
        return verdict("originator", Result.PASS, "it is ours")
    passes, evidence = may_pass(subject.passing)
    return verdict("originator", Result.PASS if passes else Result.FAIL, evidence)


def _lifecycle(subject: Subject, _: Terms, context: Context) -> Verdict:
    value = subject.object.value
    if value.get("revoked", False) is not False:
        return verdict("lifecycle", Result.FAIL, "it is revoked")
    until = value.get("valid_until")
    if until is None:
        return verdict("lifecycle", Result.PASS, "not revoked")
    if not is_time(until):
        return verdict("lifecycle", Result.FAIL, "its valid_until cannot be read")
    if version_order(until) <= version_order(stamp(context.now)):
        return verdict("lifecycle", Result.FAIL, f"it expired on {until[:10]}")
    return verdict("lifecycle", Result.PASS, f"valid until {until[:10]}")


def _recalled(subject: Subject, _: Terms, context: Context) -> Verdict:
    if subject.object.id in context.recalled:
        return verdict("recalled", Result.FAIL, "it was recalled")
    return verdict("recalled", Result.PASS, "no recall stands")


def _content(subject: Subject, _: Terms, __: Context) -> Verdict:
    large = oversized(subject.object)
    if large is not None:
        return Verdict("content", Result.FAIL, f"no node takes it: {large}")
    found = active_content(subject.object.value)
    if found is None:
        return verdict("content", Result.PASS, "information only")
    return Verdict("content", Result.FAIL, printable(found, 160))


def _designation(subject: Subject, _: Terms, context: Context) -> Verdict:
    if not context.designated:
        return verdict("designation", Result.PASS, "no list binds us")
    if term_key(context.counterpart_name) in context.designated:
        shown = printable(context.counterpart_name, 80)
        return verdict("designation", Result.FAIL, f"the counterpart, {shown}, is on a list that binds us")
    for text, _kind in borne(subject.object.value):
        if term_key(text) in context.designated:
            return Verdict("designation", Result.FAIL, f"{printable(text, 80)} is on a list that binds us")
    return verdict("designation", Result.PASS, "on no list that binds us")


def _quota(subject: Subject, _: Terms, context: Context) -> Verdict:
    left = context.quota_left
    if left is None:
        return verdict("quota", Result.PASS, "the agreement has no quota")
    if left <= 0 and is_new(subject, context):
        return verdict("quota", Result.FAIL, "the day's quota is used up")
    return verdict("quota", Result.PASS, "within the day's quota")


def _properties(subject: Subject, terms: Terms, context: Context) -> Verdict:
    patterns = terms.scope.exclude_properties
    if not patterns:
        return verdict("properties", Result.PASS, "the agreement excludes none")
    value = subject.object.value
    cut = excluded(value, patterns, context.our_identity)
    if not cut:
        return verdict("properties", Result.PASS, "it has none that is excluded")
    names = ", ".join(printable(name, 40) for name in sorted(cut))
    if not subject.own:
        return Verdict("properties", Result.FAIL, f"another's object leaves whole or not at all, and it has {names}")
    if cut & (COMMON | required(value)):
        return Verdict("properties", Result.FAIL, f"it cannot do without {names}")
    return Verdict("properties", Result.CUT, f"leaves without {names}")


RULES: Mapping[str, Rule] = {
    "type": _type,
    "scope": _scope,
    "age": _age,
    "marking": _marking,
    "originator": _originator,
    "lifecycle": _lifecycle,
    "recalled": _recalled,
    "content": _content,
    "designation": _designation,
    "quota": _quota,
    "properties": _properties,
}


def is_new(subject: Subject, context: Context) -> bool:
    """Whether sending this object version counts against the quota."""
    identifier = subject.object.id
    if identifier not in context.crossed:
        return True
    version = context.crossed_versions.get(identifier)
    return version is not None and version != subject.object.version


# --- the pieces ------------------------------------------------------------------------------------------------


def _hops(number: int) -> str:
    return "1 hop" if number == 1 else f"{number} hops"


def _holds(name: str, inner: Any, patterns: tuple[str, ...]) -> bool:
    """Whether a property is excluded by its name, or has a property inside that is."""
    if _is_excluded(name, patterns):
        return True
    stack = [inner] if isinstance(inner, Mapping | list) else []
    while stack:
        item = stack.pop()
        if isinstance(item, Mapping):
            if any(_is_excluded(key, patterns) for key in item):
                return True
            stack.extend(one for one in item.values() if isinstance(one, Mapping | list))
        else:
            stack.extend(one for one in item if isinstance(one, Mapping | list))
    return False


@lru_cache(maxsize=8192)
def _is_excluded(name: str, patterns: tuple[str, ...]) -> bool:
    return any(glob(pattern).fullmatch(name) for pattern in patterns)
