"""Canonical keys: one hash for all ways to say the same of indicators and observables.

It is what an object is known by when it comes back under another id. Objects of other types have none: two of one
name need not be the same. Each value in an object is told by `core.vetting_rules.values_of`.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from backchannel.core.assess.pattern_form import Form, of_observables, pattern_form
from backchannel.core.canonical import Observable
from backchannel.core.vetting_rules import observables_of, pattern_of

KEY_FORM = 1
"""The version of what is hashed. It goes up whenever a form, or a canonical spelling in it, comes out otherwise."""


def key_of(value: Mapping[str, Any]) -> str | None:
    """The canonical key of an indicator with a STIX pattern, or of an observable: 64 hex digits; None for all else,
    and for a pattern that does not parse.

    An observable, and the pattern that is true where it is seen, have the same key.
    """
    form = _form_of(value)
    return None if form is None else _hash(form)


def key_of_value(observable: Observable) -> str:
    """The canonical key of what says this one value and nothing else."""
    return _hash(of_observables([observable]))


def _hash(form: Form) -> str:
    return hashlib.sha256(msgspec.json.encode((KEY_FORM, form))).hexdigest()


def _form_of(value: Mapping[str, Any]) -> Form | None:
    if value.get("type") == "indicator":
        return None if pattern_of(value) is None else pattern_form(value["pattern"])
    named = observables_of(value, None)
    return of_observables(named) if named else None
