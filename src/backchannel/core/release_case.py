"""One object on its way through closure and mention: what it refers to, what it says, and what may be cut
from it.

Rules: a cut takes a whole property, one extension, or members of a list of references. What the type
needs, marks and identity are never cut; an extension that defines the object or adds properties to it
neither. Nothing is cut from an object that is not ours: it leaves whole or not at all.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from backchannel.core.properties import COMMON, META_TYPES, required, still_valid
from backchannel.core.release_copy import Cut
from backchannel.core.release_records import Decision, Outcome, Result, Verdict
from backchannel.core.release_text import EXTENSION_ID, Place, ids_in, passages
from backchannel.core.stix import references
from backchannel.core.text import printable


@dataclass(slots=True)
class Case:
    """An object that the single rules let go, and how it stands. `support` is what leaves only with the
    objects that need it (`core.release_support`); `waiting` says that only the quota keeps it, `renamed`
    that it refers to reduced copies."""

    decision: Decision
    base: frozenset[Cut]
    support: bool = False
    outcome: Outcome = Outcome.RELEASE
    cuts: frozenset[Cut] = frozenset()
    refs: list[tuple[Cut, str]] = field(default_factory=list)
    hits: list[tuple[Place, str]] = field(default_factory=list)
    said_ids: list[tuple[Place, str]] = field(default_factory=list)
    closure: Verdict | None = None
    mention: Verdict | None = None
    waiting: bool = False
    renamed: bool = False
    needed: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.needed = COMMON | required(self.value)
        self.refs = [*references_of(self.value)]
        self.cuts = self.base
        if self.base:
            self.outcome = Outcome.REDUCE

    @property
    def value(self) -> Mapping[str, Any]:
        """The decoded object."""
        return self.decision.subject.object.value

    @property
    def id(self) -> str:
        """The id of the object as held."""
        return self.decision.subject.object.id

    @property
    def kind(self) -> str:
        """The type of the object."""
        return self.decision.subject.object.type

    @property
    def own(self) -> bool:
        """Whether it is ours. Another's object leaves whole or not at all."""
        return self.decision.subject.own

    @property
    def leaves(self) -> bool:
        """Whether it leaves as things stand, whole or reduced."""
        return self.outcome is not Outcome.WITHHOLD

    def kept(self) -> Iterator[str]:
        """What the object still refers to."""
        return (target for place, target in self.refs if not is_cut(place, self.cuts))

    def can_cut(self, cut: Cut | Place) -> bool:
        """Whether the object stays legal without this. Lists are looked at again when all cuts are known."""
        name = cut[0]
        if name in COMMON or self.kind in META_TYPES or not self.own:
            return False
        if len(cut) == 1:
            return name not in self.needed
        if name != "extensions":
            return isinstance(cut[1], int)
        extension = self.value[name][cut[1]]
        kind = extension.get("extension_type") if isinstance(extension, Mapping) else None
        return kind in {None, "property-extension"}

    def emptied(self, cuts: Collection[Cut]) -> Iterator[str]:
        """Lists of references that lose all their members by these cuts."""
        lost: dict[str, int] = {}
        for cut in cuts:
            if len(cut) == 2 and isinstance(cut[1], int):
                lost[cut[0]] = lost.get(cut[0], 0) + 1
        return (name for name, number in lost.items() if number == len(self.value[name]))

    def is_valid_without(self, cuts: Collection[Cut]) -> bool:
        """Whether what the type needs together is still there."""
        return still_valid({name: inner for name, inner in self.value.items() if (name,) not in cuts})


def references_of(value: Mapping[str, Any]) -> Iterator[tuple[Cut, str]]:
    """Every reference an object makes, with the least that must be cut to be rid of it. The extensions it
    names by the id of their definition are among them."""
    for name, inner in value.items():
        if isinstance(inner, str):
            if name.endswith("_ref"):
                yield (name,), inner
        elif name == "extensions" and isinstance(inner, Mapping):
            for key, extension in inner.items():
                if key.startswith(EXTENSION_ID):
                    yield (name, key), key
                yield from (((name, key), ref.target) for ref in references({key: extension}))
        elif isinstance(inner, list) and name.endswith("_refs"):
            for place, ref in enumerate(inner):
                if isinstance(ref, str):
                    yield (name, place), ref
                elif isinstance(ref, Mapping | list):
                    yield from (((name, place), inside.target) for inside in references({"": ref}))
        elif isinstance(inner, Mapping | list) and inner:
            yield from (((name,), ref.target) for ref in references({name: inner}))


def said_by(value: Mapping[str, Any]) -> tuple[dict[Place, list[str]], list[tuple[Place, str]]]:
    """The passages of an object by place, and every id or bare UUID that is said in one."""
    texts: dict[Place, list[str]] = {}
    ids: list[tuple[Place, str]] = []
    for place, text in passages(value):
        texts.setdefault(place, []).append(text)
        ids.extend((place, one) for one in ids_in(text))
    return texts, ids


def is_cut(place: Cut | Place, cuts: Collection[Cut]) -> bool:
    """Whether a place is gone with these cuts; a granular mark goes with what it selects."""
    if place[0] == "granular_markings" and len(place) == 2:
        name, _, rest = str(place[1]).partition(".")
        return (name,) in cuts or (name, rest.partition(".")[0]) in cuts
    return (place[0],) in cuts or place in cuts


def place_name(place: Cut | Place) -> str:
    """A place as the officer reads it: `description`, `object_refs[2]`, `extensions.archive-ext`."""
    if len(place) == 1:
        return printable(place[0], 60)
    if isinstance(place[1], int):
        return f"{printable(place[0], 60)}[{place[1]}]"
    return f"{printable(place[0], 60)}.{printable(place[1], 60)}"


def cut_verdict(rule: str, cuts: Collection[Cut | Place], reason: str) -> Verdict:
    """The verdict of a rule that is satisfied once something is cut."""
    names = sorted({place_name(cut) for cut in cuts})
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return Verdict(rule, Result.CUT, f"leaves without {shown}: {reason}")
