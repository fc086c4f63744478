"""What the counterpart has, or will have once this leaves: which ids it can resolve, and which content is forbidden.

Rules: an object is present if it leaves, whole or reduced, or has crossed before. Its id is visible only if it
leaves whole, or crossed under that id. Content is restricted if a rule forbids the content itself; of an object that
nobody decided on we cannot say that it is not.
"""

from collections.abc import Collection, Iterator

from backchannel.core.marking import TLP_2_EXTENSION, WELL_KNOWN
from backchannel.core.release_case import Case
from backchannel.core.release_copy import reduced_copy, reduced_id
from backchannel.core.release_records import Bearer, Context, Decision, Outcome, Result
from backchannel.core.release_rules import RESTRICTING
from backchannel.core.release_text import EXTENSION_ID
from backchannel.core.stix import StixObject


class Presence:
    """Who is there, by id. Several versions of one id are there as long as one of them is."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._restricted: dict[str, bool] = {}
        self._leaving: dict[str, int] = {}
        self._whole: dict[str, int] = {}
        self._fixed = {*WELL_KNOWN, TLP_2_EXTENSION, context.our_identity}
        self.visible = self._fixed | set(context.crossed.values())
        """Ids that the counterpart knows already."""

    def note(self, decision: Decision) -> None:
        """Remember what a decision says about its object's content."""
        forbidden = False
        if decision.outcome is Outcome.WITHHOLD:
            for one in decision.verdicts:
                if one.result is Result.FAIL and one.rule in RESTRICTING:
                    forbidden = True
        identifier = decision.id
        self._restricted[identifier] = forbidden or self._restricted.get(identifier, False)

    def unknown(self, ids: Collection[str]) -> set[str]:
        """Those ids that nobody decided on and that not everybody knows."""
        return {one for one in ids if one not in self._restricted and one not in self._fixed}

    def of_uuids(self, uuids: Collection[str]) -> Iterator[tuple[str, str]]:
        """(UUID, id) of every object known here whose id has one of these UUIDs."""
        for identifier in (*self._restricted, *self.visible):
            uuid = identifier.partition("--")[2]
            if uuid in uuids:
                yield uuid, identifier

    def enters(self, case: Case) -> None:
        """A case is taken up as it stands."""
        self._leaving[case.id] = self._leaving.get(case.id, 0) + case.leaves
        self._whole[case.id] = self._whole.get(case.id, 0) + (case.outcome is Outcome.RELEASE)

    def moved(self, identifier: str, before: Outcome, after: Outcome) -> None:
        """A case of this id went from one outcome to a stricter one."""
        self._whole[identifier] += (after is Outcome.RELEASE) - (before is Outcome.RELEASE)
        self._leaving[identifier] += (after is not Outcome.WITHHOLD) - (before is not Outcome.WITHHOLD)

    def leaves(self, identifier: str) -> bool:
        """Whether the object leaves as things stand, whole or reduced."""
        return bool(self._leaving.get(identifier))

    def is_known(self, bearer: Bearer) -> bool:
        """Whether a version that bears a term crossed from us, or everybody has it."""
        return bearer.id in self._fixed or self._context.crossed_versions.get(bearer.id) in bearer.crossed

    def is_told(self, identifier: str) -> bool:
        """Whether we have the object from the counterpart alone."""
        return identifier in self._context.crossed and identifier not in self._context.crossed_versions

    def is_restricted(self, identifier: str) -> bool:
        """Whether the object's names and values may leave by nothing else either."""
        return self._restricted.get(identifier, True)

    def is_visible(self, identifier: str) -> bool:
        """Whether the counterpart sees this id."""
        return identifier in self.visible or self._whole.get(identifier, 0) > 0

    def resolved(self, target: str) -> str | None:
        """The id under which the counterpart can resolve a reference; None if it cannot."""
        if self._whole.get(target) or target in self._fixed:
            return target
        # Before any new copy, so that an answer never turns back to `target`: what crossed stays there.
        if target in self._context.crossed:
            return self._context.crossed[target]
        if self._leaving.get(target):
            return self._new_id(target)
        # A definition that we do not hold says nothing of what we hold; STIX lets it be given elsewhere.
        return target if target.startswith(EXTENSION_ID) and target not in self._restricted else None

    def copy(self, case: Case) -> StixObject | None:
        """What leaves for a case, if anything."""
        if case.outcome is not Outcome.REDUCE:
            return case.decision.subject.object if case.leaves else None
        renamed = {target: self.resolved(target) or target for target in case.kept()}
        return reduced_copy(
            case.value,
            case.cuts,
            new_id=self._new_id(case.id),
            creator=self._context.our_identity,
            renamed=renamed,
        )

    def _new_id(self, parent: str) -> str:
        context = self._context
        return reduced_id(parent, context.secret, context.agreement, context.them)
