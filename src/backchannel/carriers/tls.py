"""TLS sockets of a client that trusts one certificate, and that nobody can keep waiting for ever.

Rules: TLS 1.3 only. With a pin, the one certificate of that SHA-256 is accepted, whoever signed it and
whatever name or dates it bears: the key card vouches for it, nobody else does. It is compared before the
socket is handed out, so nothing is sent to another host. Without a pin the system's authorities decide.
"""

import hashlib
import hmac
import math
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpcore


class WrongCertificateError(ssl.SSLError):
    """The host showed another certificate than the pinned one."""


class PinnedContext(ssl.SSLContext):
    """Settings of a client's TLS connections: the pin, and a deadline for the requests of each thread."""

    pin: str | None
    clock: Callable[[], float]
    deadline: threading.local

    def start(self, seconds: float) -> None:
        """From now on, this thread may read and write for so many seconds in all."""
        self.deadline.at = self.clock() + seconds

    def seconds_left(self) -> float:
        """What is left of it."""
        return float(getattr(self.deadline, "at", math.inf)) - self.clock()


def client_context(pin: str | None, *, clock: Callable[[], float] = time.monotonic) -> PinnedContext:
    """A context for one host. `pin` is the SHA-256 in hex of the certificate in DER."""
    context = PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.pin, context.clock, context.deadline = pin, clock, threading.local()
    context.sslsocket_class = _GuardedSocket
    if pin is None:
        context.load_default_certs()
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the pin is compared in its place, in `do_handshake`
    return context


class Connections(httpcore.SyncBackend):
    """Makes a client's TCP connections within the time of its request: a name that leads to many addresses, none of
    which answers, would otherwise be waited for at each of them."""

    def __init__(self, context: PinnedContext) -> None:
        self._context = context

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address of a host that answers."""
        failed: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in _addresses(host, port):
            left = self._context.seconds_left()
            if left <= 0:
                raise httpcore.ConnectTimeout("the request took too long in all") from failed
            seconds = left if timeout is None else min(timeout, left)
            try:
                return super().connect_tcp(address, port, seconds, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class _GuardedSocket(ssl.SSLSocket):
    """Keeps to the deadline, and compares the pin at the end of the handshake."""

    def do_handshake(self, block: bool = False) -> None:
        self._shorten()
        super().do_handshake(block)
        pin = self._settings().pin
        if pin is not None:
            shown = hashlib.sha256(self.getpeercert(binary_form=True) or b"").hexdigest()
            if not hmac.compare_digest(shown, pin):
                raise WrongCertificateError(f"the certificate is {shown[:16]}…, not {pin[:16]}…")

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        self._shorten()
        return super().recv(buflen, flags)

    def send(self, data: Any, flags: int = 0) -> int:
        self._shorten()
        return super().send(data, flags)

    def _settings(self) -> PinnedContext:
        if not isinstance(self.context, PinnedContext):
            raise WrongCertificateError("this socket was made without a context that pins")
        return self.context

    def _shorten(self) -> None:
        """Wait no longer than the deadline allows, however often a little arrives."""
        left = self._settings().seconds_left()
        if left <= 0:
            raise TimeoutError("the request took too long in all")
        timeout = self.gettimeout()
        if left < (math.inf if timeout is None else timeout):
            self.settimeout(left)
