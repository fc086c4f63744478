"""`backchannel taxii`: objects from, and to, servers that speak TAXII 2.1."""

import getpass
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from backchannel.carriers.session import Session
from backchannel.cli import screen, taxii_users
from backchannel.cli.context import JsonOption, moment_of
from backchannel.cli.holdings import (
    AgreementOption,
    IdOption,
    SinceOption,
    TextOption,
    ThreatOption,
    TlpOption,
    TypeOption,
    UntilOption,
    selection,
)
from backchannel.cli.importing import SHOWN, show_refused
from backchannel.node.node import Node
from backchannel.node.proofs import Proofs, access
from backchannel.node.pulling import CollectionReport, PullReport, Wanted, keep_pulling, pull, shown_title
from backchannel.node.pushing import PushReport, push

app = typer.Typer(no_args_is_help=True, help="TAXII 2.1: users of our server, and objects from and to others'.")
app.add_typer(taxii_users.app, name="user")

UrlArgument = Annotated[
    str, typer.Argument(metavar="URL", help="The server's discovery, an API root or a collection; found out which.")
]
UserOption = Annotated[
    str, typer.Option(metavar="NAME", help="User of HTTP Basic; its password comes from a file, variable or prompt.")
]
PasswordOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="File with the password. Without it: `BACKCHANNEL_TAXII_PASSWORD`, or a prompt.",
    ),
]
TokenOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="File with a bearer token. Without it: `BACKCHANNEL_TAXII_TOKEN`."),
]
CertificateOption = Annotated[
    Path | None, typer.Option("--cert", metavar="FILE", help="Certificate (PEM) that says who we are.")
]
KeyOption = Annotated[
    Path | None, typer.Option("--key", metavar="FILE", help="Private key (PEM) of that certificate.")
]
AuthoritiesOption = Annotated[
    Path | None,
    typer.Option(
        "--ca", metavar="FILE", help="Authorities (PEM) that vouch for the server, not those of the system."
    ),
]
InsecureOption = Annotated[
    bool,
    typer.Option("--insecure-http", help="Allow http:// to other machines. Everybody on the way can read."),
]


@app.command("pull")
def pull_(
    context: typer.Context,
    url: UrlArgument,
    collection: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Id, alias or title of a collection; else all that can be read. Repeatable."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Read what was added after this time (ISO 8601, UTC), not from where the last pull ended.",
        ),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on pulling, until stopped.")] = False,
    every: Annotated[int, typer.Option(metavar="SECONDS", min=1, help="With --watch: seconds between pulls.")] = 300,
    tlp: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="TLP level of objects without a mark of their own.")
    ] = None,
    user: UserOption = "",
    password_file: PasswordOption = None,
    token_file: TokenOption = None,
    certificate: CertificateOption = None,
    key: KeyOption = None,
    authorities: AuthoritiesOption = None,
    insecure_http: InsecureOption = False,
    as_json: JsonOption = False,
) -> None:
    """Read collections of a TAXII 2.1 server into the holdings, each as a source of its own.

    The next pull goes on where this one ended. Exit status 3: some objects were refused; the others are kept.
    """
    after = moment_of(since, "--since")
    wanted = Wanted(tuple(collection or ()), f"{after:%Y-%m-%dT%H:%M:%S.%f}Z" if after else "", tlp)
    proofs = Proofs(user, password_file, token_file, certificate, key, authorities, insecure_http)
    with context.obj.node() as node, _session(url, proofs) as session:
        if watch:
            _watch(node, session, wanted, every, as_json)
        else:
            _end(_pull(node, session, wanted, as_json))


@app.command("push")
def push_(
    context: typer.Context,
    url: UrlArgument,
    collection: Annotated[str, typer.Option(metavar="ID", help="Id, alias or title of the collection.")],
    type_: TypeOption = None,
    source: Annotated[
        str | None,
        typer.Option(metavar="SOURCE", help="Name or key of the source; without it only our own objects are sent."),
    ] = None,
    threat: ThreatOption = None,
    ids: IdOption = None,
    tlp: TlpOption = None,
    text: TextOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    agreement: AgreementOption = None,
    user: UserOption = "",
    password_file: PasswordOption = None,
    token_file: TokenOption = None,
    certificate: CertificateOption = None,
    key: KeyOption = None,
    authorities: AuthoritiesOption = None,
    insecure_http: InsecureOption = False,
    as_json: JsonOption = False,
) -> None:
    """Send held objects into a collection of a TAXII 2.1 server. No agreement and no release rule is applied.

    Exit status 3: the server refused some objects; the others were taken.
    """
    wanted = selection(type_, source, threat, tlp, text, since, until, agreement, 0, ids)
    proofs = Proofs(user, password_file, token_file, certificate, key, authorities, insecure_http)
    with context.obj.node() as node, _session(url, proofs) as session:
        report = push(node, session, collection, wanted)
    if as_json:
        screen.print_json(report.as_json())
    else:
        _show_push(report)
    if report.problem is not None:
        raise report.problem
    if report.failed:
        raise typer.Exit(screen.EXIT_SOME_REFUSED)


@contextmanager
def _session(url: str, proofs: Proofs) -> Iterator[Session]:
    prompt = getpass.getpass if sys.stdin.isatty() else None
    with closing(Session(url, access(proofs, os.environ, prompt))) as session:
        yield session


def _pull(node: Node, session: Session, wanted: Wanted, as_json: bool) -> PullReport:
    report = pull(node, session, wanted, _progress if sys.stderr.isatty() else lambda _report: None)
    for note in report.notes:
        screen.remark(note)
    if as_json:
        screen.print_json(report.as_json())
    else:
        for one in report.collections:
            _show(one)
    return report


def _end(report: PullReport) -> None:
    if report.problem is not None:
        raise report.problem
    if report.refused:
        raise typer.Exit(screen.EXIT_SOME_REFUSED)


def _watch(node: Node, session: Session, wanted: Wanted, every: int, as_json: bool) -> None:
    """Pull until SIGTERM or SIGINT, which may come at any time: what was read is durable page by page."""
    first = True

    def once() -> None:
        nonlocal first, wanted
        report = _pull(node, session, wanted, as_json)
        sys.stdout.flush()
        if first and report.problem is None:
            # The time given is where to begin, and not where to begin each time.
            wanted = Wanted(wanted.collections, "", wanted.tlp, wanted.page_objects)
            first = False
        if report.problem is not None:
            raise report.problem

    before = [(one, signal.signal(one, signal.default_int_handler)) for one in (signal.SIGTERM, signal.SIGINT)]
    try:
        keep_pulling(once, every, time.sleep, screen.remark)
    except KeyboardInterrupt:
        screen.remark("stopped; the next pull goes on from here")
    finally:
        for one, handler in before:
            signal.signal(one, handler)


def _progress(report: CollectionReport) -> None:
    screen.remark(f"{report.name}: {screen.count(report.kept.read, 'object')} read")


def _show(report: CollectionReport) -> None:
    kept = report.kept
    since = f" added after {report.since}" if report.since else ""
    screen.say(
        f"{report.name}: read {screen.count(kept.read, 'object')}{since}: {kept.added} added, "
        f"{kept.unchanged} unchanged, {len(kept.refused)} refused."
    )
    for note in kept.notes:
        screen.remark(note)
    show_refused(kept.refused)
    if report.problem is not None:
        screen.say(f"  stopped: {report.problem}")


def _show_push(report: PushReport) -> None:
    waiting = f", {report.pending} pending" if report.pending else ""
    screen.say(
        f"{shown_title(report.collection)}: {screen.count(report.objects, 'object')}: {report.succeeded} taken, "
        f"{len(report.failed)} refused{waiting}."
    )
    for one in report.failed[:SHOWN]:
        screen.say(f"  {one.id} {one.version}: {one.message}")
    if len(report.failed) > SHOWN:
        screen.say(f"  … and {len(report.failed) - SHOWN} more; --json lists all.")
