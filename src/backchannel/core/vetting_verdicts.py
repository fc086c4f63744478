"""What vetting found about each object of a batch so far, and which are refused by it."""

from collections.abc import Collection, Iterable, Sequence

from backchannel.core.incoming import Finding

_KNOWN_CONTENT = frozenset({"duplicate", "echo"})


class Verdicts:
    """The findings of each candidate so far, by its place in the batch."""

    def __init__(self, size: int) -> None:
        self._findings: list[list[Finding]] = [[] for _ in range(size)]
        self._refused: set[int] = set()
        self._foreign: set[int] = set()
        """Those of `_refused` whose content is not known to us anyway."""

    def add(self, index: int, findings: Iterable[Finding]) -> None:
        """Add findings to one candidate."""
        for finding in findings:
            self._findings[index].append(finding)
            if finding.outcome == "refuse":
                self._refused.add(index)
                if finding.rule not in _KNOWN_CONTENT:
                    self._foreign.add(index)

    def of(self, index: int) -> Sequence[Finding]:
        """What was found about one candidate."""
        return self._findings[index]

    def set_aside(self, index: int, rules: Collection[str]) -> list[Finding]:
        """Take back by which of these rules a candidate was refused, if by no others; what was taken back."""
        refusals = [finding for finding in self._findings[index] if finding.outcome == "refuse"]
        lifted = [finding for finding in refusals if finding.rule in rules]
        rest = [finding for finding in refusals if finding.rule not in rules]
        if not lifted or any(finding.rule not in _KNOWN_CONTENT for finding in rest):
            return []
        self._findings[index] = [finding for finding in self._findings[index] if finding not in lifted]
        self._foreign.discard(index)
        if not rest:
            self._refused.discard(index)
        return lifted

    def refused(self, index: int) -> bool:
        """Whether one candidate is refused by now."""
        return index in self._refused

    def surviving(self) -> list[int]:
        """The candidates that are not refused, in order."""
        return [index for index in range(len(self._findings)) if index not in self._refused]

    def carries(self, index: int) -> bool:
        """Whether a candidate's references count: it passes, or its content is known to us anyway."""
        return index not in self._foreign
