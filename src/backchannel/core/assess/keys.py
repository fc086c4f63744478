"""Canonical keys: one hash for all ways to say the same of indicators and observables.

It is what an object is known by when it comes back under another id. Objects of other types have none: two of one
name need not be the same. Each value in an object is told by `core.vetting_rules.values_of`.

An object *tells* its own key, and that of each alternative where it has several: `[a] OR [b]` tells a and tells b,
and `[a AND b]` neither. The store finds objects by what they tell.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from backchannel.core.assess.pattern_form import Form, of_observables, pattern_form
from backchannel.core.canonical import Observable, guess
from backchannel.core.vetting_rules import observables_of, pattern_of

KEY_FORM = 1
"""The version of what is hashed. It goes up whenever a form, or a canonical spelling in it, comes out otherwise; then
a migration has to fill the table of what objects tell anew, and every origin tag is another one."""

TOLD_DIGITS: Final = 32
"""So many hex digits of a key are kept of what an object tells: nobody finds a second value with the same."""

_ONE_NAME: Final = re.compile(r"\[domain-name:value ?= ?'([a-z0-9._-]{1,253})'\]")


def key_of(value: Mapping[str, Any]) -> str | None:
    """The canonical key of an indicator with a STIX pattern, or of an observable: 64 hex digits; None for all else,
    and for a pattern that does not parse.

    An observable, and the pattern that is true where it is seen, have the same key.
    """
    form = _form_of(value)
    return None if form is None else _digest(form)


def key_of_value(one: Observable) -> str:
    """The canonical key of a value by itself."""
    return _digest(of_observables([one]))


def told_by(value: Mapping[str, Any]) -> frozenset[str]:
    """What an object tells, each as `told_key` of a canonical key; empty for what has no key."""
    form = _form_of(value)
    if form is None:
        return frozenset()
    alternatives = form[1:] if form[0] == "OR" else ()
    return frozenset(_digest(one)[:TOLD_DIGITS] for one in (form, *alternatives))


def told_key(key: str) -> str:
    """A canonical key as it is kept of what objects tell."""
    return key[:TOLD_DIGITS]


def _digest(form: Form) -> str:
    return hashlib.sha256(msgspec.json.encode((KEY_FORM, form))).hexdigest()


def _form_of(value: Mapping[str, Any]) -> Form | None:
    if value.get("type") == "indicator":
        return _form_of_name(value) or (None if pattern_of(value) is None else pattern_form(value["pattern"]))
    named = observables_of(value, None)
    return of_observables(named) if named else None


def _form_of_name(value: Mapping[str, Any]) -> Form | None:
    """The form of a pattern that is about one name, as most are, at a third of the cost."""
    text = value.get("pattern")
    if value.get("pattern_type") != "stix" or not isinstance(text, str):
        return None
    name = _ONE_NAME.fullmatch(text)
    if name is None or "xn--" in text:
        return None
    one = guess(name[1])
    return ("", *one) if one is not None and one == ("domain-name", name[1]) else None
