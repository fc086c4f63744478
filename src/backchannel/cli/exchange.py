"""`backchannel preview`, `release` and `sync`: what would cross, sending it, and carrying it."""

from typing import Annotated

import msgspec
import typer

from backchannel.cli import screen
from backchannel.cli.context import JsonOption
from backchannel.core.canary import MOST
from backchannel.core.release import Decision
from backchannel.core.stix import StixObject
from backchannel.flow.outbound import Plan
from backchannel.node import agreements
from backchannel.node import consents as node_consents
from backchannel.node import exchange as node_exchange
from backchannel.node.sync import sync as node_sync

AgreementArgument = Annotated[
    str, typer.Argument(metavar="AGREEMENT", help="An agreement's id or an unambiguous beginning of it.")
]


CanaryOption = Annotated[
    int,
    typer.Option(
        "--canary", metavar="N", min=0, max=MOST, help="Add N names of our own, so that a copy that leaks says whose."
    ),
]


def preview(
    context: typer.Context,
    agreement: AgreementArgument,
    object_id: Annotated[
        str | None,
        typer.Option("--object", metavar="OBJECT", help="One object: every rule, its verdict and the evidence."),
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="List every object that the next release sends.")] = False,
    canary: CanaryOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Show exactly what the next release under an agreement sends, and why the rest stays."""
    with context.obj.node() as node:
        plan = node_exchange.preview(node, agreement, object_id, canaries=canary)
    for note in plan.notes:
        screen.remark(note)
    if object_id is not None:
        _show_traces(plan, as_json)
    elif listing:
        _show_crossing(plan, as_json)
    elif as_json:
        screen.print_json({**plan.summary, "notes": plan.notes})
    else:
        counts = plan.summary
        screen.say(
            f"Would cross: {screen.count(counts['release'], 'object')} as held, "
            f"{counts['reduce']} as reduced copies. Would stay: {counts['withhold']}."
            + (f" Crossed already: {counts['crossed']:,}." if counts["crossed"] else "")
            + (f" Of what would cross, {counts['canaries']:,} are canaries'." if counts["canaries"] else "")
        )
        screen.table(
            ("rule", "passed", "failed"),
            ((rule, count["passed"], count["failed"]) for rule, count in counts["rules"].items()),
            "Nothing is held yet.",
        )


def _show_traces(plan: Plan, as_json: bool) -> None:
    if as_json:
        screen.print_json([_trace(decision) for decision in plan.decisions])
        return
    for decision in plan.decisions:
        screen.say(f"{decision.id}: {decision.outcome}{', crossed already' if plan.has_crossed(decision) else ''}")
        screen.table(
            ("rule", "verdict", "evidence"),
            ((v.rule, v.result, v.evidence) for v in decision.verdicts),
            "No rule was asked.",
        )


def _show_crossing(plan: Plan, as_json: bool) -> None:
    crossing = [one for one in plan.decisions if one.sent is not None and not plan.has_crossed(one)]
    if crossed := plan.summary["crossed"]:
        screen.remark(f"Crossed already: {crossed:,}.")
    if as_json:
        screen.print_json([msgspec.Raw(d.sent.raw) for d in crossing if d.sent is not None])
        return
    screen.table(
        ("leaves as", "what", "outcome"),
        (_crossing_row(plan, d, d.sent) for d in crossing if d.sent),
        "Nothing would cross.",
    )


def _crossing_row(plan: Plan, decision: Decision, sent: StixObject) -> tuple[str, str, str]:
    canary = ", canary" if decision.id in plan.canaries else ""
    return screen.short_object(sent.id), screen.title(sent.raw), f"{decision.outcome}{canary}"


def _trace(decision: Decision) -> dict[str, object]:
    return {
        "id": decision.id,
        "outcome": decision.outcome,
        "sent_id": decision.sent.id if decision.sent is not None else None,
        "verdicts": [{"rule": v.rule, "outcome": v.result, "evidence": v.evidence} for v in decision.verdicts],
    }


def release(
    context: typer.Context,
    agreement: AgreementArgument,
    canary: CanaryOption = 0,
    matched: Annotated[
        bool | None,
        typer.Option(
            "--matched/--complement",
            help="Only what names values that matching found with both; or that it did not.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Seal what the agreement releases and has not crossed yet; `sync` carries it."""
    with context.obj.node() as node:
        report = node_exchange.release(node, agreement, canaries=canary, matched=matched)
    for note in report.notes:
        screen.remark(note)
    if as_json:
        screen.print_json(report)
        return
    if report.asked:
        screen.say(f"Asked for consent to pass on {screen.count(report.asked, 'object')} of others.")
    if report.canaries and not report.envelopes:
        screen.say(f"Added {screen.count(report.canaries // 2, 'canary', 'canaries')} to what it reads over TAXII.")
        return
    if report.objects == 0:
        screen.say("Nothing new to release.")
        if report.asked:
            screen.remark("Next: backchannel sync")
        return
    stay = f" {report.withheld} in scope stay." if report.withheld else ""
    screen.say(
        f"Sealed {screen.count(report.objects, 'object')} ({report.reduced} as reduced copies) in "
        f"{screen.count(report.envelopes, 'envelope')}.{stay}"
        + (f" {report.canaries} of them are canaries'." if report.canaries else "")
    )
    screen.remark("Next: backchannel sync")


def sync(context: typer.Context, as_json: JsonOption = False) -> None:
    """Fetch what waits for us, vet it, and carry what waits in the outbox."""
    with context.obj.node() as node:
        report = node_sync(node)
        asked = agreements.waiting_for_us(node)
        consents = node_consents.waiting_for_us(node)
    for problem in report.problems:
        screen.remark(problem)
    if as_json:
        screen.print_json(report.counts())
    else:
        screen.say(
            f"Sent {screen.count(report.sent, 'envelope')}, received {report.received}. "
            f"Objects: {report.accepted} accepted, {report.held} held in the inbox, {report.refused} refused."
        )
        for view in asked:
            what = "new terms for" if view.amendment else "an agreement,"
            screen.remark(f"{view.with_} proposes {what} “{view.title}”: backchannel agreement show {view.id[:12]}")
        for one in consents:
            screen.remark(f"{one.party} asks for consent: backchannel consent show {one.id[:12]}")
        if report.requests:
            came = f"{screen.count(report.requests, 'request')} for information came in"
            screen.remark(f"{came}: backchannel request list")
        if report.answers:
            came = screen.count(report.answers, "answer to a request of ours", "answers to requests of ours")
            screen.remark(f"{came} came in: backchannel request list")
        if report.held:
            screen.remark("Next: backchannel inbox list")
        if report.refused or report.refused_envelopes:
            screen.remark("What was refused, and why: backchannel inbox refusals")
    if report.failed:
        screen.remark("Nothing is lost: what was not delivered stays in the outbox and goes with a later sync.")
        raise typer.Exit(screen.EXIT_FAILED)
