"""Which names and values may not be mentioned, given what leaves at the moment.

Rules: a term (`core.mention`) is borne by objects. It may be mentioned while an object that bears it
leaves or has crossed, unless another that bears it stays and is restricted: then the content itself is
forbidden, whoever says it. A bearer whose type is in `may_name` forbids nothing by its names. What leaves
only shrinks, so a term that may not be mentioned stays so.
"""

from collections.abc import Callable, Collection

Bearer = tuple[str, str, str]
"""(object id, object type, kind), the kind being `name`, `alias` or `value`."""


class TermBook:
    """The terms that leaving objects mention, who bears them, and which may not be mentioned."""

    def __init__(
        self,
        may_name: Collection[str],
        is_present: Callable[[str], bool],
        is_restricted: Callable[[str], bool],
    ) -> None:
        """`is_present`: an object of this id leaves or has crossed; `is_restricted`: its content may not
        leave."""
        self._may_name = frozenset(may_name)
        self._is_present = is_present
        self._is_restricted = is_restricted
        self._forbidding: dict[str, dict[str, str]] = {}
        self._present: dict[str, int] = {}
        self._restricted: dict[str, int] = {}
        self._staying: dict[str, int] = {}
        self._terms_of: dict[str, list[str]] = {}
        self._examples: dict[str, str] = {}

    def add(self, key: str, bearers: Collection[Bearer]) -> None:
        """Take up a term with everything that bears it."""
        if key in self._forbidding:
            return
        forbidding = {
            identifier: kind for identifier, kind, role in bearers if role == "value" or kind not in self._may_name
        }
        identifiers = {identifier for identifier, _, _ in bearers}
        self._forbidding[key] = forbidding
        self._present[key] = sum(map(self._is_present, identifiers))
        staying = [one for one in forbidding if not self._is_present(one)]
        self._staying[key] = len(staying)
        self._restricted[key] = sum(map(self._is_restricted, staying))
        for identifier in identifiers:
            self._terms_of.setdefault(identifier, []).append(key)

    def is_forbidden(self, key: str) -> bool:
        """Whether the term may not be mentioned as things stand."""
        return self._restricted[key] > 0 or (self._staying[key] > 0 and self._present[key] == 0)

    def lost(self, identifier: str) -> list[str]:
        """An object that left no longer does; the terms that became forbidden by it."""
        before = [key for key in self._terms_of.get(identifier, ()) if not self.is_forbidden(key)]
        for key in self._terms_of.get(identifier, ()):
            self._present[key] -= 1
            if identifier in self._forbidding[key]:
                self._staying[key] += 1
                self._restricted[key] += self._is_restricted(identifier)
        return [key for key in before if self.is_forbidden(key)]

    def bearer(self, key: str) -> str:
        """The type of an object that forbids the term, for the evidence; always the same one."""
        if key not in self._examples:
            staying = (kind for one, kind in self._forbidding[key].items() if not self._is_present(one))
            self._examples[key] = min(staying, default="object")
        return self._examples[key]
