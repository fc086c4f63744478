"""TLS sockets of a client that trusts one certificate, and that nobody can keep waiting for ever.

Rules: TLS 1.3 only, but for servers of others (`public_context`), which may still speak TLS 1.2. With a pin, the one
certificate of that SHA-256 is accepted, whoever signed it and whatever name or dates it bears: the key card vouches
for it, nobody else does. It is compared before the socket is handed out, so nothing is sent to another host. Without
a pin authorities decide: the system's, or those of a file.
"""

import hashlib
import hmac
import math
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
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


def client_context(
    pin: str | None, *, clock: Callable[[], float] = time.monotonic, authorities: Path | None = None
) -> PinnedContext:
    """A context for one host. `pin` is the SHA-256 in hex of the certificate in DER; without it the `authorities` of
    a PEM file decide, or those of the system."""
    context = PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.pin, context.clock, context.deadline = pin, clock, threading.local()
    context.sslsocket_class = _GuardedSocket
    if pin is None and authorities is not None:
        context.load_verify_locations(authorities)
    elif pin is None:
        context.load_default_certs()
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the pin is compared in its place, in `do_handshake`
    return context


def public_context(
    authorities: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> PinnedContext:
    """A context for servers that are not ours: authorities vouch for them, those of the system or those in a file.
    `certificate` and `key` (PEM; the key may be in the same file) are shown if the server asks who we are.

    Raises:
        OSError: a file cannot be read, or holds no certificate, or not the key of it (`ssl.SSLError`).
    """
    context = client_context(None, clock=clock, authorities=authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is not None:
        # A password would be asked for on the terminal; an empty one is simply wrong.
        context.load_cert_chain(certificate, key, password="")
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


class TimedConnections(Connections):
    """The same, and without TLS too nobody can draw out an answer beyond the time of its request."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address of a host that answers."""
        stream = super().connect_tcp(host, port, timeout, local_address, socket_options)
        return _TimedStream(stream, self._context)


class _TimedStream(httpcore.NetworkStream):
    """A stream that keeps to the deadline of the thread's request."""

    def __init__(self, stream: httpcore.NetworkStream, context: PinnedContext) -> None:
        self._stream = stream
        self._context = context

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._context.seconds_left()
        if left <= 0:
            raise httpcore.ReadTimeout("the request took too long in all")
        return self._stream.read(max_bytes, _shorter(timeout, left))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = self._context.seconds_left()
        if left <= 0:
            raise httpcore.WriteTimeout("the request took too long in all")
        self._stream.write(buffer, _shorter(timeout, left))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return self._stream.start_tls(ssl_context, server_hostname, timeout)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _shorter(timeout: float | None, left: float) -> float | None:
    if math.isinf(left):
        return timeout
    return left if timeout is None else min(timeout, left)


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
