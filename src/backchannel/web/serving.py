"""`serve` and `relay`, wired: the mailbox host, its certificate, the background work."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple, Self

from backchannel.carriers.host import RELAY_QUOTA, MailboxHost, keep_tidy
from backchannel.errors import BadSettings
from backchannel.node import certificate as tls
from backchannel.node.hosting import mailbox_host
from backchannel.node.node import MAILBOXES, Node, utc_now
from backchannel.node.settings import Settings, load
from backchannel.node.taxii import TaxiiService
from backchannel.node.worker import Alarm, Tell, keep_syncing
from backchannel.web.peer import mailbox_app
from backchannel.web.server import run_server
from backchannel.web.taxii import Visitors, taxii_routes

RELAY_KEEPS = timedelta(days=30)
"""How long a relay keeps what nobody fetches."""


class Where(NamedTuple):
    """The address to listen on."""

    host: str
    port: int

    @classmethod
    def of(cls, settings: Settings, host: str | None, port: int | None) -> Self:
        """What the command line says, else the settings."""
        return cls(host or settings.listen_host, settings.listen_port if port is None else port)


def serve(node: Node, where: Where, *, tls_on: bool, on_ready: Callable[[int], None], tell: Tell) -> None:
    """Host our counterparts' mailboxes, serve TAXII and sync in the background, until SIGTERM or SIGINT.

    Without `tls_on` it speaks plain HTTP, on a loopback address only: for a proxy that adds TLS.

    Raises:
        BadSettings: without TLS, `public_url` is to say what clients see, or they would be led around the proxy.
    """
    if not tls_on and not node.settings.public_url:
        raise BadSettings("--no-tls is for a proxy: set public_url to the https:// address at which clients reach it")
    own = tls.load(node.home / tls.CERTIFICATE_FILE, node.home / tls.KEY_FILE, now=node.clock()) if tls_on else None
    visitors = Visitors(node.settings.taxii_requests_per_second)
    more = taxii_routes(TaxiiService(node), visitors, node.settings.public_url)
    alarm = Alarm()
    run_server(
        mailbox_app(mailbox_host(node.home, arrived=alarm.knock), more=more),
        host=where.host,
        port=where.port,
        certificate=own,
        on_ready=on_ready,
        background=lambda _stop: keep_syncing(node.home, alarm, tell),
        stop=alarm,
    )


def relay(folder: Path, where: Where, *, on_ready: Callable[[int], None], tell: Tell) -> None:
    """Host mailboxes for anybody, within quotas, until SIGTERM or SIGINT."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (folder / tls.CERTIFICATE_FILE).exists():
        tls.create(folder, hosts=[], now=utc_now())
    own = tls.load(folder / tls.CERTIFICATE_FILE, folder / tls.KEY_FILE, now=utc_now())
    tell(f"certificate: counterparts add #sha256={own.pin} to the address")
    host = MailboxHost(folder / MAILBOXES, known=lambda _name: True, quota=RELAY_QUOTA)
    run_server(
        mailbox_app(host),
        host=where.host,
        port=where.port,
        certificate=own,
        on_ready=on_ready,
        background=lambda stop: keep_tidy(host, max_age=RELAY_KEEPS, clock=utc_now, stop=stop),
    )


def relay_settings(home: Path) -> Settings:
    """The settings for a relay: it needs no node, so the file may be missing."""
    return load(home)
