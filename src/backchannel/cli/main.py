"""The command `backchannel`: global options, the nouns, and the one place where errors become exit codes."""

import errno
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from backchannel import __version__
from backchannel.cli import (
    agreement,
    assess,
    canary,
    card,
    channel,
    consent,
    demo,
    exchange,
    holdings,
    importing,
    inbox,
    ledger,
    match,
    party,
    recall,
    report,
    request,
    retention,
    screen,
    serve,
    source,
    tagger,
    taxii,
)
from backchannel.cli.context import Faces
from backchannel.errors import BackchannelError, DiskFull, UnusablePath
from backchannel.node.creating import create_node

app = typer.Typer(
    name="backchannel",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Exchange threat intelligence under a signed agreement: exactly what it allows, nothing else.",
)
app.add_typer(card.app, name="card")
app.add_typer(party.app, name="party")
app.add_typer(holdings.app, name="holdings")
app.add_typer(report.app, name="report")
app.add_typer(source.app, name="source")
app.add_typer(agreement.app, name="agreement")
app.add_typer(assess.app, name="assessment")
app.add_typer(inbox.app, name="inbox")
app.add_typer(consent.app, name="consent")
app.add_typer(request.app, name="request")
app.add_typer(channel.app, name="channel")
app.add_typer(match.app, name="match")
app.add_typer(ledger.app, name="ledger")
app.add_typer(recall.app, name="recall")
app.add_typer(retention.app, name="retention")
app.add_typer(taxii.app, name="taxii")
app.add_typer(canary.app, name="canary")
app.add_typer(tagger.app, name="tagger")


def _version(wanted: bool) -> None:
    if wanted:
        screen.say(f"backchannel {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    home: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER", envvar="BACKCHANNEL_HOME", help="The node's folder.", show_default="~/.backchannel"
        ),
    ] = Path("~/.backchannel"),
    version: Annotated[  # noqa: ARG001 (typer calls it)
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """What every command shares."""
    context.obj = Faces(home.expanduser())


def init(
    context: typer.Context,
    name: Annotated[str, typer.Option(metavar="NAME", help="The organisation, as its counterparts will read it.")],
    certificate: Annotated[
        Path | None, typer.Option(metavar="FILE", help="PEM certificate for `serve`; without it one is made.")
    ] = None,
    private_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="PEM private key of that certificate.")
    ] = None,
    host: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="Host name or address that the made certificate is for. Repeatable."),
    ] = None,
) -> None:
    """Make a node: its keys, its key card, its certificate and an empty store."""
    home = context.obj.home
    node = create_node(home, name, certificate=certificate, private_key=private_key, hosts=host or [])
    screen.say(f"Made the node of {node.us.card.name} in {home}.")
    screen.say(f"Key card words: {' '.join(node.words)}")
    if certificate is None and not host:
        screen.remark(
            "Clients that verify the certificate by its name, as those of TAXII do, can do so on this machine only; "
            "for others make the node with --host HOST."
        )
    screen.remark("Next: `backchannel card export > our.card`, and send it to your counterpart.")


# In the order in which a newcomer needs them, which is the order of `--help`.
app.command("init")(init)
app.command("import")(importing.import_)
app.command("preview")(exchange.preview)
app.command("release")(exchange.release)
app.command("sync")(exchange.sync)
app.command("lookup")(match.lookup)
app.command("check")(importing.check)
app.command("serve")(serve.serve)
app.command("relay")(serve.relay)
app.command("assess")(assess.assess)
app.command("demo")(demo.demo)


def run() -> None:
    """Entry point: run a command; print an error in two lines and exit with the status that says whose it is."""
    try:
        app()
    except BackchannelError as error:
        screen.fail(error)
        sys.exit(screen.exit_code(error))
    except BrokenPipeError:
        # The reader of our output went away (`| head`); nothing is left to say, and nowhere to say it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(screen.EXIT_FAILED)
    except OSError as error:
        # What no adapter expected of the operating system: still two lines, never a traceback.
        refused = _refused_by_system(error)
        screen.fail(refused)
        sys.exit(screen.exit_code(refused))


def _refused_by_system(error: OSError) -> BackchannelError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"no space left{f' for {error.filename}' if error.filename else ''}")
    return UnusablePath(f"{error.filename or 'the system'}: {error.strerror or error}")
