"""Which names and values may not be mentioned, given what leaves at the moment.

Rules: a term (`core.mention`) is borne by objects. It may be mentioned while a version that bears it leaves or has
crossed, unless one of ours that bears it stays and is restricted: then the content itself is forbidden, whoever says
it. An id that crossed says nothing of what a later or earlier version of it bears. A bearer whose type is in
`may_name` forbids nothing by its names. What leaves only shrinks, so a term that may not be mentioned stays so.

What others told us weighs less, and by time, so that nobody can guess or silence anything by it:
- the counterpart's word frees a term only if it came before what else bears it: an echo of a guess frees nothing;
- another party's object forbids a term only in what came after it, and never what an object of ours bears that
  leaves: what we know by ourselves was never its secret.
"""

from collections.abc import Callable, Collection

from backchannel.core.release_records import Bearer

NEVER = 1 << 63
"""Later than every `seq`."""


class _Term:
    """Who bears a term, counted."""

    def __init__(self) -> None:
        self.leaving: set[str] = set()
        self.present = False
        self.told = NEVER
        self.staying = 0
        self.restricted = 0
        self.first_staying = NEVER
        self.others = NEVER
        self.forbidding: dict[str, Bearer] = {}

    def is_forbidden(self, seq: int) -> bool:
        """Whether an object of this `seq` may not say it."""
        if self.restricted:
            return True
        if self.present or self.leaving or self.told < self.first_staying:
            return False
        return self.staying > 0 or self.others < seq

    def stays(self, one: Bearer, *, restricted: bool) -> None:
        """A bearer that forbids the term stays."""
        self.first_staying = min(self.first_staying, one.since)
        if one.own:
            self.staying += 1
            self.restricted += restricted
        else:
            self.others = min(self.others, one.since)


class TermBook:
    """The terms that leaving objects mention, who bears them, and which may not be mentioned."""

    def __init__(
        self,
        may_name: Collection[str],
        *,
        leaves: Callable[[str], bool],
        is_known: Callable[[Bearer], bool],
        is_told: Callable[[str], bool],
        is_restricted: Callable[[str], bool],
    ) -> None:
        """Of an object: `leaves`: it leaves at the moment; `is_known`: a version that bears the term crossed;
        `is_told`: we have it from the counterpart alone; `is_restricted`: its content may not leave."""
        self._may_name = frozenset(may_name)
        self._leaves, self._is_known, self._is_told = leaves, is_known, is_told
        self._is_restricted = is_restricted
        self._terms: dict[str, _Term] = {}
        self._terms_of: dict[str, list[str]] = {}
        self._examples: dict[str, str] = {}

    def add(self, key: str, bearers: Collection[Bearer]) -> None:
        """Take up a term with everything that bears it."""
        if key in self._terms:
            return
        term = self._terms[key] = _Term()
        for one in bearers:
            if one.kind == "value" or one.type not in self._may_name:
                term.forbidding[one.id] = one
        for identifier, one in {one.id: one for one in bearers}.items():
            if one.current and self._leaves(identifier):
                term.leaving.add(identifier)
                self._terms_of.setdefault(identifier, []).append(key)
            elif self._is_known(one):
                term.present = True
            elif self._is_told(identifier):
                term.told = min(term.told, one.since)
            elif identifier in term.forbidding:
                term.stays(one, restricted=self._is_restricted(identifier))

    def is_forbidden(self, key: str, seq: int) -> bool:
        """Whether an object of this `seq` may not mention the term as things stand."""
        return self._terms[key].is_forbidden(seq)

    def lost(self, identifier: str) -> list[str]:
        """An object that left no longer does; the terms that may have become forbidden by it."""
        lost = self._terms_of.pop(identifier, [])
        for key in lost:
            term = self._terms[key]
            term.leaving.discard(identifier)
            one = term.forbidding.get(identifier)
            if one is None:
                continue
            if self._is_known(one):
                term.present = True
            elif self._is_told(identifier):
                term.told = min(term.told, one.since)
            else:
                term.stays(one, restricted=self._is_restricted(identifier))
        return lost

    def bearer(self, key: str) -> str:
        """The type of an object that forbids the term, for the evidence; always the same one."""
        if key not in self._examples:
            term = self._terms[key]
            staying = (one.type for one in term.forbidding.values() if one.id not in term.leaving)
            self._examples[key] = min(staying, default="object")
        return self._examples[key]
