"""What leaves only because something else needs it: definitions of marks and extensions, and who made those.

Rules: a definition leaves with the objects that refer to it, and the identity that made it with the definition,
whatever types, hops and age the terms name. All other rules hold for both; of a definition only its own marks count,
not the default. An identity goes with nothing but a definition that it made.
"""

from collections.abc import Iterable

from backchannel.core.marking import effective, label, rank
from backchannel.core.release_case import Case
from backchannel.core.release_records import Decision, Result, Verdict
from backchannel.core.release_rules import verdict
from backchannel.core.scope import DEFINITIONS, LIFTED

CREATOR = "identity"
"""The type of what makes definitions."""


def may_support(decision: Decision, ceiling: str) -> bool:
    """Whether a definition or an identity that the single rules keep back could leave with what needs it."""
    failed = {one.rule for one in decision.verdicts if one.result is Result.FAIL}
    if "marking" in failed and decision.subject.object.type in DEFINITIONS:
        failed.remove("marking")
        if rank(own_level(decision)) > rank(ceiling):
            return False
    return failed <= LIFTED


def own_level(decision: Decision) -> str:
    """The level that a definition has by its own marks."""
    return effective(decision.subject.object.value, "clear", {})


def creator_of(case: Case) -> str:
    """The id of the identity that made a definition; empty if it names none."""
    creator = case.value.get("created_by_ref")
    return creator if isinstance(creator, str) and creator.startswith(f"{CREATOR}--") else ""


def unneeded(leaving: Iterable[Case]) -> list[Case]:
    """Of what leaves, the support that nothing which leaves by itself needs, directly or by other support."""
    supports: dict[str, Case] = {}
    users: list[Case] = []
    for case in leaving:
        if case.support:
            supports[case.id] = case
        else:
            users.append(case)
    while users and supports:
        user = users.pop()
        taken = {one for one in user.kept() if one in supports and _takes_along(user, supports[one])}
        users += [supports.pop(one) for one in taken]
    return list(supports.values())


def lifted(one: Verdict, ceiling: str) -> Verdict:
    """The verdict of a rule on support that leaves."""
    if one.result is not Result.FAIL:
        return one
    if one.rule == "marking":
        return verdict("marking", Result.PASS, f"its own marks are within the ceiling {label(ceiling)}")
    return verdict(one.rule, Result.MOOT, "it leaves with the objects that need it")


def _takes_along(user: Case, support: Case) -> bool:
    return support.kind in DEFINITIONS or (user.kind in DEFINITIONS and creator_of(user) == support.id)
