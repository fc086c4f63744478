"""`backchannel report`: the press reports that are held, and what of each counts."""

import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from backchannel.cli import screen
from backchannel.cli.context import JsonOption
from backchannel.core.assess.press import Article, Span
from backchannel.core.text import printable
from backchannel.flow.ports import Held
from backchannel.node import reports
from backchannel.node.reports import HeldReport, ReadReport

app = typer.Typer(no_args_is_help=True, help="Press reports: those that are held, and what of each counts.")

_PIECE = 2_000
"""Characters of a line that are printed at once: longer lines of a report go on in the next."""


@app.command("list")
def list_(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the press reports that are held, oldest first. `backchannel import` takes them in."""
    with context.obj.node() as node:
        found = reports.all_reports(node)
    if as_json:
        screen.print_json([_view(one.held, one) for one in found])
        return
    screen.table(
        ("report", "outlet", "published", "words", "headline"),
        (
            (
                screen.short_object(one.held.id),
                one.report.outlet or "unknown",
                screen.moment(one.report.published) if one.report.published else "unknown",
                _words(one.report.text),
                one.held.name,
            )
            for one in found
        ),
        "No press report is held. `backchannel import FILE --outlet NAME` takes one in.",
    )


@app.command()
def show(
    context: typer.Context,
    report: Annotated[str, typer.Argument(metavar="REPORT", help="The id of a report or the beginning of one.")],
    raw: Annotated[
        bool, typer.Option("--raw", help="Write the file as it was imported, byte for byte, and nothing else.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show a report: whose it is, whom it credits, and its text, with what is set aside and why."""
    with context.obj.node() as node:
        if raw:
            sys.stdout.buffer.write(reports.original_file(node, report))
            sys.stdout.buffer.flush()
            return
        found = reports.read_report(node, report)
    if as_json:
        screen.print_json(_read_view(found))
        return
    for label, what in _facts(found):
        screen.say(f"{label:<14}{printable(what, 400)}")
    for doubt in found.doubts:
        screen.remark(doubt.value)
    screen.say("")
    for label, line in _lines(found.article):
        screen.say(f"{label:>9} | {line}")


def _view(held: Held, one: HeldReport) -> dict[str, Any]:
    report = one.report
    return {
        "id": held.id,
        "headline": held.name,
        "outlet": report.outlet,
        "url": report.url,
        "published": report.published,
        "received_from": report.received_from,
        "source": held.source_name,
        "own": held.own,
        "tlp": held.tlp,
        "words": _words(report.text),
        "added": held.added_at,
    }


def _read_view(found: ReadReport) -> dict[str, Any]:
    article, whose = found.article, found.newsroom
    return _view(found.held, HeldReport(found.held, article.report)) | {
        "newsroom": {
            "outlet": whose.outlet.name if whose.outlet else "",
            "sure": whose.sure,
            "own_collection": whose.collected,
            "evidence": [_range(span) for span in whose.own],
        },
        "credits": [
            {"outlet": one.outlet.name, "how": one.how, "certain": one.certain, "span": _range(one.name)}
            for one in found.credits
        ],
        "ignored": [{"span": _range(one.span), "why": one.why} for one in article.ignored],
        "doubts": [doubt.value for doubt in found.doubts],
        "text": article.text,
    }


def _range(span: Span) -> list[int]:
    return [span.begin, span.end]


def _words(text: str) -> int:
    return len(text.split())


def _facts(found: ReadReport) -> Iterator[tuple[str, str]]:
    report, whose = found.article.report, found.newsroom
    yield "report", found.held.id
    yield "headline", found.held.name
    yield "outlet", report.outlet or "unknown"
    if not report.outlet and whose.outlet is not None:
        yield "", f"by its text {whose.outlet.name}{'' if whose.sure else ', in doubt'}"
    if report.url:
        yield "url", report.url
    yield "published", screen.moment(report.published) if report.published else "unknown"
    if report.received_from:
        yield "received from", report.received_from
    text = found.article.text
    own = " ".join(whose.own[0].of(text).split()) if whose.own else ""
    yield "its own work", f"yes: “{printable(own, 200)}”" if own else "none that it shows"
    names = dict.fromkeys(one.outlet.name for one in found.credits)
    yield "credits", ", ".join(names) or "nobody"


def _lines(article: Article) -> Iterator[tuple[str, str]]:
    """The lines of a text, each with why it is set aside; empty where it counts."""
    place = 0
    for one in article.ignored:
        yield from _cut("", article.text[place : one.span.begin])
        yield from _cut(one.why.value, one.span.of(article.text))
        place = max(place, one.span.end)
    yield from _cut("", article.text[place:])


def _cut(label: str, text: str) -> Iterator[tuple[str, str]]:
    for line in filter(str.strip, text.splitlines()):
        yield from ((label, line[begin : begin + _PIECE]) for begin in range(0, len(line), _PIECE))
