"""What falls with what is refused, in one pass over a batch: links whose ends are refused, and links to those.

Rules: the graph is hostile, so each id is gone once, and then each object that names it is looked at once. An id is
gone when every copy of it in the batch is refused, unless it `stays`: it is known from elsewhere.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from backchannel.core.incoming import Finding
from backchannel.core.vetting_rules import Candidate, refuse, shown_id
from backchannel.core.vetting_verdicts import Verdicts

_ENDS = ("source_ref", "target_ref", "sighting_of_ref")


class Dependents:
    """The ids of a batch, how many copies of each still pass, and who names them.

    Made when the checks of single objects are through; from then on a refusal goes by `refuse`.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        referrers: Mapping[str, Sequence[int]],
        verdicts: Verdicts,
        stays: Callable[[str], bool],
    ) -> None:
        self._candidates = candidates
        self._referrers = referrers
        self._verdicts = verdicts
        self._stays = stays
        self._passing = dict.fromkeys((one.id for one in candidates), 0)
        for index in verdicts.surviving():
            self._passing[candidates[index].id] += 1
        self._gone = [identifier for identifier, copies in self._passing.items() if not copies]

    def lost(self, identifier: str) -> bool:
        """Whether every copy of an id of the batch is refused."""
        return not self._passing[identifier]

    def refuse(self, index: int, findings: Iterable[Finding]) -> None:
        """Add findings to a candidate; what they refuse with it is refused at the next `settle`."""
        passed = not self._verdicts.refused(index)
        self._verdicts.add(index, findings)
        if passed and self._verdicts.refused(index):
            identifier = self._candidates[index].id
            self._passing[identifier] -= 1
            if self.lost(identifier):
                self._gone.append(identifier)

    def settle(self) -> None:
        """Refuse links whose ends are gone, and links to those links, until nothing changes."""
        while self._gone:
            identifier = self._gone.pop()
            if self._stays(identifier):
                continue
            for dependent in self._referrers.get(identifier, ()):
                if not self._verdicts.refused(dependent) and _links(self._candidates[dependent], identifier):
                    self.refuse(dependent, (refuse("depends", f"its end {shown_id(identifier)} was refused"),))


def _links(candidate: Candidate, identifier: str) -> bool:
    return any(candidate.value.get(end) == identifier for end in _ENDS)
