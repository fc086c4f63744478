"""A small view of an object: all that the holdings know of it beside its bytes, worked out once.

It is made where an object is decoded anyway and handed on, in another process if need be, so that taking objects in
decodes none of them again.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from backchannel.core.assess.keys import told_by
from backchannel.core.known_by import searchable, terms_of
from backchannel.core.stix import StixObject, targets


class View(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What an object is, refers to and is found by.

    `version` is as in `StixObject`. `targets` are the ids it refers to, `terms` the (key, kind) it is known by and
    `text` the words a search looks in (`core.known_by`). `marks` are the marking definitions of the object as a whole
    if that is all there is to say of its marks, else None: then the object itself must be looked at. `told` are the
    keys that it is found by when the origins of a value are counted (`core.assess.keys`).
    """

    id: str
    type: str
    version: str
    targets: frozenset[str]
    terms: frozenset[tuple[str, str]]
    text: str
    marks: tuple[str, ...] | None
    told: frozenset[str] = frozenset()


def view_of(one: StixObject) -> View:
    """The view of a decoded object."""
    value = one.value
    return View(
        id=one.id,
        type=one.type,
        version=one.version,
        targets=frozenset(targets(one)),
        terms=frozenset(terms_of(value)),
        text=searchable(value),
        marks=plain_marks(value),
        told=told_by(value),
    )


def plain_marks(value: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The marks of an object as a whole; None if parts of it are marked too, or if they cannot be read."""
    refs = value.get("object_marking_refs")
    if "granular_markings" in value:
        return None
    if refs is None:
        return ()
    return tuple(refs) if isinstance(refs, list) and all(isinstance(ref, str) for ref in refs) else None
