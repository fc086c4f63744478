"""`backchannel serve` and `backchannel relay`: mailboxes over HTTPS, and syncing in the background."""

import threading
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from backchannel.cli import screen
from backchannel.core.text import printable
from backchannel.web import serving

HostOption = Annotated[str | None, typer.Option(metavar="HOST", help="Address to listen on.")]
PortOption = Annotated[
    int | None, typer.Option(min=0, max=65535, metavar="PORT", help="Port to listen on; 0 takes a free one.")
]


def serve(
    context: typer.Context,
    host: HostOption = None,
    port: PortOption = None,
    no_tls: Annotated[
        bool, typer.Option("--no-tls", help="Plain HTTP, on this machine only, for a proxy that adds TLS.")
    ] = False,
) -> None:
    """Host the mailboxes of our counterparts, serve TAXII, and sync in the background, until stopped."""
    with context.obj.node() as node:
        where = serving.Where.of(node.settings, host, port)
        ready = partial(_ready, "http" if no_tls else "https", where.host)
        serving.serve(node, where, tls_on=not no_tls, on_ready=ready, tell=_tell)


def relay(
    context: typer.Context,
    folder: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where mailboxes are kept; default: HOME/relay.")
    ] = None,
    host: HostOption = None,
    port: PortOption = None,
) -> None:
    """Only host mailboxes, for anybody who can name one; read nothing, need no keys.

    It sees sizes and times of sealed envelopes, and nothing else.
    """
    home = context.obj.home
    where = serving.Where.of(serving.relay_settings(home), host, port)
    serving.relay(folder or home / "relay", where, on_ready=partial(_ready, "https", where.host), tell=_tell)


def _ready(scheme: str, host: str, port: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    print(f"listening on {scheme}://{shown}:{port}", flush=True)  # noqa: T201 (one plain line, for scripts too)


_printing = threading.Lock()


def _tell(line: str) -> None:
    with _printing:
        screen.remark(printable(line, 500))
