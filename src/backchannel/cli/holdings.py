"""`backchannel holdings`: what this node holds, where it came from, and getting it out."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from backchannel.cli import screen
from backchannel.cli.assess_observable import origin_lines
from backchannel.cli.context import JsonOption, moment_of
from backchannel.cli.retention import sentence
from backchannel.core.text import printable
from backchannel.errors import Gone, NotFound
from backchannel.flow.ports import Conflict, Held
from backchannel.node import consents as node_consents
from backchannel.node import holdings as node_holdings
from backchannel.node import matched, retention
from backchannel.node import origins as node_origins
from backchannel.node.consents import ProvenanceView
from backchannel.node.holdings import Selection
from backchannel.node.matched import SeenByBoth
from backchannel.node.misp_export import misp_event
from backchannel.node.node import Node
from backchannel.node.origins import OriginsView

app = typer.Typer(no_args_is_help=True, help="Everything held: list, show, search, export; what contradicts it.")

_ONWARD = {
    "never": "never to be passed on",
    "ask": "to be passed on with the originator's consent only",
    "listed": "to be passed on to those that the agreement lists; to others with the originator's consent only",
}

MOST_NOTES = 20
"""Remarks of misp-stix that are printed."""

MOST_MATCHED = 10
"""Values that both hold which are printed with an object."""

TypeOption = Annotated[str | None, typer.Option("--type", metavar="TYPE", help="STIX type.")]
SourceOption = Annotated[
    str | None,
    typer.Option(
        metavar="SOURCE", help="Name or key of the party or TAXII collection it came from; `own` for our own."
    ),
]
ThreatOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="Only what is connected to this threat (name or id).")
]
TlpOption = Annotated[str | None, typer.Option(metavar="LEVEL", help="Effective TLP level.")]
TextOption = Annotated[str | None, typer.Option(metavar="WORDS", help="Words in name, description or pattern.")]
SinceOption = Annotated[
    str | None, typer.Option(metavar="TIME", help="Received at or after this time (ISO 8601, UTC).")
]
UntilOption = Annotated[str | None, typer.Option(metavar="TIME", help="Received before this time (ISO 8601, UTC).")]
AgreementOption = Annotated[str | None, typer.Option(metavar="AGREEMENT", help="Received under this agreement.")]
IdOption = Annotated[
    list[str] | None, typer.Option("--id", metavar="OBJECT", help="Only this object (id or beginning). Repeatable.")
]
LimitOption = Annotated[int, typer.Option(min=0, metavar="NUMBER", help="At most this many; 0 for all.")]


def selection(
    type_: str | None,
    source: str | None,
    threat: str | None,
    tlp: str | None,
    text: str | None,
    since: str | None,
    until: str | None,
    agreement: str | None,
    limit: int,
    ids: Sequence[str] | None = None,
) -> Selection:
    """Which holdings the options of a command name."""
    return Selection(
        type=type_,
        source=source,
        threat=threat,
        tlp=tlp,
        text=text,
        since=moment_of(since, "--since"),
        until=moment_of(until, "--until"),
        agreement=agreement,
        limit=limit or None,
        ids=tuple(ids or ()),
    )


@app.command("list")
def list_(
    context: typer.Context,
    type_: TypeOption = None,
    source: SourceOption = None,
    threat: ThreatOption = None,
    tlp: TlpOption = None,
    text: TextOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    agreement: AgreementOption = None,
    limit: LimitOption = 0,
    as_json: JsonOption = False,
) -> None:
    """List held objects, oldest first."""
    wanted = selection(type_, source, threat, tlp, text, since, until, agreement, limit)
    _list(context, wanted, as_json)


@app.command()
def search(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A name, a value (defanged or not), or words.")],
    type_: TypeOption = None,
    source: SourceOption = None,
    threat: ThreatOption = None,
    tlp: TlpOption = None,
    limit: LimitOption = 100,
    as_json: JsonOption = False,
) -> None:
    """Find held objects by name, value or words."""
    _list(context, selection(type_, source, threat, tlp, text, None, None, None, limit), as_json)


def _list(context: typer.Context, wanted: Selection, as_json: bool) -> None:
    with context.obj.node() as node:
        found = node_holdings.select(node, wanted)
    if as_json:
        screen.print_json([_view(one) for one in found])
        return
    screen.table(
        ("object", "what", "source", "tlp"),
        ((screen.short_object(o.id), screen.title(o.raw), o.source_name, o.tlp) for o in found),
        "Nothing held matches.",
    )


@app.command()
def show(
    context: typer.Context,
    object_id: Annotated[str, typer.Argument(metavar="OBJECT", help="An id or the beginning of one.")],
    original: Annotated[
        bool, typer.Option("--original", help="Write the foreign form it was made from at import, and nothing else.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show an object as received, and its provenance: every version from every source."""
    with context.obj.node() as node:
        if original:
            sys.stdout.buffer.write(node_holdings.original(node, object_id))
            return
        found = _found(node, object_id)
        conflicts = node_holdings.conflicts(node, found[0].id)
        gone = retention.gone_of(node, found[0].id)
        beside = node_consents.beside(node, found)
        seen = matched.beside(node, found)
        origins = node_origins.beside(node, found)
    if as_json:
        screen.print_json(
            [_with_content(one, conflicts, beside[one.seq], seen[one.seq], origins[one.seq]) for one in found]
        )
        return
    for one in found:
        view = _view(one)
        screen.say(printable(one.id, 400))
        for label in ("type", "name", "source", "modified", "tlp", "grade", "agreement", "envelope"):
            if view[label]:
                screen.say(f"  {label:<10}{printable(str(view[label]), 400)}")
        screen.say(f"  {'added':<10}{screen.moment(one.added_at)}")
        if one.reduced:
            screen.say(f"  {'reduced':<10}a reduced copy: the sender left something out")
        counted = origins[one.seq]
        lines = (*_known_of(one, beside[one.seq]), *_seen_by_both(seen[one.seq]))
        for label, what in (*lines, *(origin_lines(counted) if counted is not None else ())):
            screen.say(f"  {label:<10}{printable(what, 400)}")
        for conflict in _about(one, conflicts):
            when = f" ({screen.moment(conflict.at)})" if conflict.at else ""
            screen.say(f"  {'conflict':<10}the source also gave other content for this version{when}")
        screen.print_json(node_holdings.content(one))
    for stone in gone:
        screen.remark(sentence(stone))


def _found(node: Node, object_id: str) -> list[Held]:
    """What is held under an id; of what was and is gone, why.

    Raises:
        NotFound, Ambiguous, Gone: as they say.
    """
    try:
        return node_holdings.find(node, object_id)
    except NotFound:
        stones = retention.gone_of(node, object_id)
        if not stones:
            raise
        why = "; ".join(sentence(one) for one in stones[:3])
        raise Gone(f"{stones[0].object_id} is not held any more: {why}") from None


@app.command("conflicts")
def conflicts_(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, metavar="NUMBER", help="How many, newest first.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """List what a source offered under an id and version that it gave other content before; the first was kept."""
    with context.obj.node() as node:
        found = node_holdings.conflicts(node, limit=limit)
    if as_json:
        screen.print_json([msgspec.structs.asdict(one) | {"source": name} for one, name in found])
        return
    screen.table(
        ("when", "object", "version", "source", "held", "offered"),
        (
            (
                screen.moment(one.at) if one.at else "",
                screen.short_object(one.id),
                one.version,
                name,
                screen.short(one.held_sha256),
                screen.short(one.offered_sha256),
            )
            for one, name in found
        ),
        "Nothing contradicts what is held.",
    )


@app.command()
def export(
    context: typer.Context,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="A file; without it standard output.")
    ] = None,
    type_: TypeOption = None,
    source: SourceOption = None,
    threat: ThreatOption = None,
    tlp: TlpOption = None,
    text: TextOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    agreement: AgreementOption = None,
    ids: IdOption = None,
    misp: Annotated[
        bool, typer.Option("--misp", help="As one MISP event of the newest versions (needs the extra `misp`).")
    ] = False,
) -> None:
    """Export held objects as one STIX 2.1 bundle, byte for byte as received, or as a MISP event."""
    wanted = selection(type_, source, threat, tlp, text, since, until, agreement, 0, ids)
    with context.obj.node() as node:
        if misp:
            _export_misp(node, wanted, output)
            return
        if output is None:
            node_holdings.export(node, wanted, sys.stdout.buffer)
            return
        count = node_holdings.export_to(node, wanted, output)
    screen.say(f"Wrote {screen.count(count, 'object')} to {output}.")


def _export_misp(node: Node, wanted: Selection, output: Path | None) -> None:
    event, count = misp_event(node, wanted)
    for note in event.notes[:MOST_NOTES]:
        screen.remark(note)
    if len(event.notes) > MOST_NOTES:
        screen.remark(f"… and {len(event.notes) - MOST_NOTES} more remarks")
    if output is None:
        sys.stdout.buffer.write(event.json + b"\n")
        sys.stdout.buffer.flush()
        return
    node_holdings.write_whole(output, lambda file: file.write(event.json))
    screen.say(f"Wrote an event of {screen.count(count, 'object')} to {output}.")


def _view(held: Held) -> dict[str, object]:
    return {
        "id": held.id,
        "type": held.type,
        "name": held.name,
        "source": held.source_name,
        "modified": held.version,
        "tlp": held.tlp,
        "grade": held.grade,
        "agreement": held.agreement,
        "envelope": held.envelope,
        "added": held.added_at,
        "own": held.own,
        "reduced": held.reduced,
    }


def _about(held: Held, conflicts: Iterable[tuple[Conflict, str]]) -> list[Conflict]:
    return [one for one, _ in conflicts if (one.version, one.source) == (held.version, held.source)]


def _known_of(held: Held, beside: ProvenanceView) -> Iterator[tuple[str, str]]:
    """What is known beside an object that somebody gave us."""
    if held.own or beside.onward is None:
        return
    giver = held.source_name
    if beside.originator is not None:
        yield "origin", f"given by {giver}, who says that it is its own"
    else:
        how = "its originator lists us" if beside.passed == "listed" else "with consent"
        yield "origin", f"passed on by {giver}; its originator is not {giver}, and is not named ({how})"
    yield "onward", _ONWARD[beside.onward]
    if beside.destroy_by is not None:
        yield "destroy", screen.moment(beside.destroy_by)
    for one in beside.consents:
        signed = "signed by the originator" if one.signed else f"{giver} vouches for it"
        over = "expired" if one.expired else "until"
        yield "consent", f"{screen.short(one.id)}, {over} {screen.moment(one.until)}; {signed}"


def _seen_by_both(seen: Sequence[SeenByBoth]) -> Iterator[tuple[str, str]]:
    """What matching found of the values that an object names."""
    for one in seen[:MOST_MATCHED]:
        since = f"seen by both since {screen.moment(one.both_since)} at the latest"
        found = f"matched with {printable(one.with_, 100)} on {screen.moment(one.matched_at)}"
        yield "matched", f"{printable(one.value, 100)}: {since}"
        yield "", f"({found}, agreement {screen.short(one.agreement)})"
    if len(seen) > MOST_MATCHED:
        yield "matched", f"… and {len(seen) - MOST_MATCHED:,} more; backchannel match results AGREEMENT lists all"


def _with_content(
    held: Held,
    conflicts: Iterable[tuple[Conflict, str]],
    beside: ProvenanceView,
    seen: Sequence[SeenByBoth],
    origins: OriginsView | None,
) -> dict[str, object]:
    listed = [{"offered_sha256": one.offered_sha256, "at": one.at} for one in _about(held, conflicts)]
    known = {"provenance": beside, "matched": seen, "origins": origins, "conflicts": listed}
    return _view(held) | known | {"object": node_holdings.content(held)}
