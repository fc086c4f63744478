"""Serve an application in this process, over TLS 1.3 or for a proxy on this machine, until a signal comes or `stop`
is set.

Rules: one process, one event loop, one thread of background work. The port is held by a socket of ours before
the server opens it, so that a port in use is noticed and a free one (port 0) stays ours. After a stop,
requests under way get a moment, then they are cancelled: everything is over within three seconds. Without a
certificate only a loopback address is served: who could read the network would read the tokens.
"""

import asyncio
import contextlib
import ipaddress
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server
from starlette.types import ASGIApp, Receive, Scope, Send

from backchannel.errors import CannotListen
from backchannel.node.certificate import ServerCertificate

CONNECTIONS = 256
"""Connections served at once; further ones wait in the system's queue."""

IDLE_MILLISECONDS = 15_000
"""How long a connection may take to send the head of its next request."""

BUFFER = 128 * 1024
"""Bytes read ahead of each connection; a longer request head is refused."""

READY_TRIES, READY_PAUSE = 250, 0.02
"""How often, and with how many seconds between, to look whether the server has started."""

GRACE_SECONDS = 0.6
"""Seconds that requests under way, cancelled ones, the background work, and then threads, may still take each."""

THREADS = Path("/proc/self/task")
"""Where Linux lists the threads of a process."""

SIGNALS = (signal.SIGTERM, signal.SIGINT)

log = logging.getLogger(__name__)

Background = Callable[[threading.Event], None]


def run_server(
    app: ASGIApp,
    *,
    host: str,
    port: int,
    certificate: ServerCertificate | None,
    on_ready: Callable[[int], None],
    background: Background | None = None,
    stop: threading.Event | None = None,
    connections: int = CONNECTIONS,
) -> None:
    """Serve `app` until SIGTERM, SIGINT, or until `stop` is set; then return.

    Without a `certificate` it speaks plain HTTP, on a loopback address. `port` 0 takes a free one. `on_ready` gets
    the port once connections are accepted. `background` runs in a thread of its own and returns soon after the event
    it is given is set; if it raises, the server stops.

    Raises:
        CannotListen: the address is not ours, the port is in use or not allowed, or plain HTTP would leave this
            machine.
        Exception: whatever `background` raised.
    """
    logging.getLogger("_granian").setLevel(logging.ERROR)
    stop = stop or threading.Event()
    with _outlasted(), _reserved(host, port) as held, _signals(stop):
        if certificate is None and not ipaddress.ip_address(held.getsockname()[0]).is_loopback:
            raise CannotListen(f"{host}: plain HTTP is for a proxy on this machine; take 127.0.0.1 or ::1")
        asyncio.run(
            _serve(
                partial(_server, held.getsockname(), certificate, connections),
                app,
                held,
                stop,
                background,
                on_ready,
            )
        )


async def _serve(
    make: Callable[[ASGIApp], Server],
    app: ASGIApp,
    held: socket.socket,
    stop: threading.Event,
    background: Background | None,
    on_ready: Callable[[int], None],
) -> None:
    requests: set[asyncio.Task[object]] = set()
    server = make(_tracked(app, requests))  # binds itself to the running loop
    serving = asyncio.create_task(server.serve())
    work: Future[None] | None = None
    try:
        await _accepting(held, serving)
        held.close()
        on_ready(server.bind_port)
        work = _start(background, stop) if background is not None else None
        stopped = asyncio.create_task(asyncio.to_thread(stop.wait))
        await asyncio.wait({stopped, serving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.set()
        await _shut_down(server, serving, requests)
        await _finished(work)


async def _accepting(held: socket.socket, serving: "asyncio.Task[None]") -> None:
    """Wait until the server takes connections; ours only holds the port and never takes one."""
    host, port = held.getsockname()[:2]
    for _ in range(READY_TRIES):
        await asyncio.sleep(READY_PAUSE)
        if serving.done():
            break
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
            return
    raise CannotListen(f"{host}:{port}: the server did not start") from (
        serving.exception() if serving.done() and not serving.cancelled() else None
    )


async def _shut_down(server: Server, serving: "asyncio.Task[None]", requests: set["asyncio.Task[object]"]) -> None:
    interrupt: Callable[[], None] = server.stop
    interrupt()
    await asyncio.wait({serving}, timeout=GRACE_SECONDS)
    logging.getLogger("_granian").setLevel(logging.CRITICAL)  # it reports each request that is cancelled
    for request in list(requests):
        request.cancel()
    await asyncio.wait({serving}, timeout=GRACE_SECONDS)
    if serving.done() and not serving.cancelled() and serving.exception() is not None:
        log.error("the server ended with an error: %s", serving.exception())


async def _finished(work: Future[None] | None) -> None:
    if work is None:
        return
    await asyncio.wait({asyncio.wrap_future(work)}, timeout=GRACE_SECONDS)
    if work.done():
        work.result()
    else:
        log.error("the background work did not end in time and was left")


def _start(background: Background, stop: threading.Event) -> "Future[None]":
    """Run the work in a thread that ends with the process at the latest. Its failure stops the server."""
    outcome: Future[None] = Future()

    def run() -> None:
        try:
            background(stop)
        except BaseException as error:  # noqa: BLE001 - the last frame of a thread; `_finished` raises it
            outcome.set_exception(error)
            stop.set()
        else:
            outcome.set_result(None)

    threading.Thread(target=run, name="backchannel-background", daemon=True).start()
    return outcome


def _tracked(app: ASGIApp, requests: set["asyncio.Task[object]"]) -> ASGIApp:
    """The application, with each request on record, so that a stop can end it."""

    async def tracked(scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        if task is None or scope["type"] != "http":
            await app(scope, receive, send)
            return
        requests.add(task)
        try:
            await app(scope, receive, send)
        finally:
            requests.discard(task)

    return tracked


def _server(
    address: tuple[str, int], certificate: ServerCertificate | None, connections: int, app: ASGIApp
) -> Server:
    return Server(
        app,
        address[0],
        address[1],
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=IDLE_MILLISECONDS, max_buffer_size=BUFFER),
        websockets=False,
        backpressure=connections,
        log_enabled=False,
        ssl_cert=certificate.certificate if certificate else None,
        ssl_key=certificate.key if certificate else None,
    )


@contextlib.contextmanager
def _outlasted() -> Iterator[None]:
    """Wait at the end for threads that the server started by itself: one that still wants the interpreter while the
    process ends would abort it. Nothing waits where the system does not list them."""
    before = _native_threads()
    try:
        yield
    finally:
        for _ in range(round(GRACE_SECONDS / READY_PAUSE)):
            if _native_threads() <= before:
                break
            time.sleep(READY_PAUSE)


def _native_threads() -> set[int]:
    """The threads of this process that Python does not know of."""
    try:
        every = {int(thread.name) for thread in THREADS.iterdir()}
    except OSError:
        return set()
    return every - {thread.native_id for thread in threading.enumerate()}


@contextlib.contextmanager
def _reserved(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that holds the port until the server has it too.

    It is bound alone, so that a port in use is an error, and only then shared with the server's own socket.
    """
    shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if not 0 <= port <= 65535:
        raise CannotListen(f"{shown}: a port is a number from 0 to 65535")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        held = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotListen(f"{shown}: {error.strerror or error}") from None
    with held:
        try:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            held.bind(address)
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        except OSError as error:
            raise CannotListen(f"{shown}: {error.strerror or error}") from None
        yield held


@contextlib.contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set `stop`; only the main thread can arrange for that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
