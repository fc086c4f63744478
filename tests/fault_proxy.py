"""A mailbox server on loopback, and a proxy before it that breaks HTTP exchanges off, cuts, doubles and delays them.

The proxy ends TLS with the server's own certificate, so that a client with its pin takes it for the server. What it
does to a request is said beforehand: `fault(method, path)` names one of `FAULTS`, or nothing.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

from backchannel.carriers.host import MailboxHost
from backchannel.node.certificate import ServerCertificate
from backchannel.web.peer import mailbox_app
from backchannel.web.server import run_server

FAULTS = ("broken off before", "broken off after", "answer cut", "twice", "late")
"""`before` and `after` it went through; `late`: it breaks off, and goes through when another one has."""

_PATIENCE = 20
_END = b"\r\n\r\n"

Fault = Callable[[str, str], str]


class Message(NamedTuple):
    """A request or a response: its head and its body."""

    head: bytes
    body: bytes

    @property
    def first_line(self) -> list[str]:
        return self.head.split(b"\r\n", 1)[0].decode("ascii").split(" ")

    @property
    def data(self) -> bytes:
        return self.head + self.body


class FaultProxy:
    """Requests go to `server`, a port of this machine, one connection each. `seen` is what was done to each."""

    def __init__(self, server: int, certificate: ServerCertificate) -> None:
        self.fault: Fault = lambda _method, _path: ""
        self.seen: list[tuple[str, str]] = []
        self._server = server
        self._late: list[Message] = []
        self._serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._serving.load_cert_chain(certificate.certificate, certificate.key)
        self._asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._asking.check_hostname = False
        self._asking.verify_mode = ssl.CERT_NONE
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        """Stop; who waits in `accept` is woken by a connection that says nothing."""
        self._server = 0
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=_PATIENCE).close()
        self._thread.join(_PATIENCE)
        self._listening.close()
        assert not self._thread.is_alive()

    def _run(self) -> None:
        while self._server:
            connection, _ = self._listening.accept()
            with connection, contextlib.suppress(OSError):
                connection.settimeout(_PATIENCE)
                with self._serving.wrap_socket(connection, server_side=True) as client:
                    self._serve(client)

    def _serve(self, client: ssl.SSLSocket) -> None:
        """The requests of one connection, until a fault breaks it off or the client has no more."""
        while self._server and (request := _read(client)):
            method, path = request.first_line[:2]
            kind = self.fault(method, path)
            self.seen.append((method, kind))
            if kind == "late":
                self._late.append(request)
            if kind in ("broken off before", "late"):
                return
            answer = self._ask(request)
            if kind == "twice":
                answer = self._ask(request)
            while self._late:
                self._ask(self._late.pop())
            if kind == "broken off after":
                return
            if kind == "answer cut":
                client.sendall(answer.data[: len(answer.data) // 2])
                return
            client.sendall(answer.data)

    def _ask(self, request: Message) -> Message:
        plain = socket.create_connection(("127.0.0.1", self._server), timeout=_PATIENCE)
        with self._asking.wrap_socket(plain) as server:
            server.sendall(request.data)
            answer = _read(server)
        assert answer is not None
        return answer


def _read(connection: ssl.SSLSocket) -> Message | None:
    """One message; None if the other end has no more."""
    data = b""
    while _END not in data:
        more = connection.recv(65_536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(_END)
    sizes = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < sum(sizes):
        more = connection.recv(65_536)
        if not more:
            return None
        body += more
    return Message(head + _END, body)


@contextlib.contextmanager
def served(host: MailboxHost, certificate: ServerCertificate) -> Iterator[FaultProxy]:
    """A server of these mailboxes in a thread, and a proxy before it."""
    ready, stop, ports = threading.Event(), threading.Event(), list[int]()

    def announce(port: int) -> None:
        ports.append(port)
        ready.set()

    def serve() -> None:
        run_server(mailbox_app(host), host="127.0.0.1", port=0, certificate=certificate, on_ready=announce, stop=stop)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert ready.wait(_PATIENCE)
        proxy = FaultProxy(ports[0], certificate)
        try:
            yield proxy
        finally:
            proxy.close()
    finally:
        stop.set()
        thread.join(_PATIENCE)
        assert not thread.is_alive()
