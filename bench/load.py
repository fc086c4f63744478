"""The load tool: one process asks a server over several connections that are kept open, as fast as it answers."""

import selectors
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from typing import NamedTuple
from urllib.parse import urlsplit

CONNECTIONS = 8
"""Connections at once, where the server can do with so many."""

LARGEST_READ = 1 << 20
_LAST_CHUNK = b"0\r\n\r\n"
"""Ends an answer that comes in chunks: it comes in one piece with what is before it, or by itself."""


class Server(NamedTuple):
    """A server under load: the URL of a collection in plain HTTP, how its user proves who it is, its process, and the
    connections over which it is asked."""

    name: str
    collection: str
    authorization: str
    pid: int = 0
    reading: int = CONNECTIONS
    posting: int = CONNECTIONS


class Load(NamedTuple):
    """What a server did: answers, the seconds they took, and their bytes."""

    answers: int
    seconds: float
    size: int

    @property
    def rate(self) -> float:
        """Answers in a second."""
        return self.answers / self.seconds


def get(server: Server, path: str) -> bytes:
    """The request for something under the collection."""
    return _head(server, "GET", path) + b"\r\n"


def post(server: Server, path: str, body: bytes) -> bytes:
    """The request that posts an envelope."""
    head = _head(server, "POST", path) + b"Content-Type: application/taxii+json;version=2.1\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def _head(server: Server, method: str, path: str) -> bytes:
    url = urlsplit(server.collection + path)
    target = url.path + (f"?{url.query}" if url.query else "")
    return (
        f"{method} {target} HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: {server.authorization}\r\n"
        "Accept: application/taxii+json;version=2.1\r\n"
    ).encode()


def get_all(server: Server, requests: Sequence[bytes], *, seconds: float) -> Load:
    """Send these requests again and again until the time is over. Those under way at the end count."""
    return _run(server, cycle(requests), 200, server.reading, lambda spent: spent < seconds)


def post_all(server: Server, requests: Sequence[bytes]) -> Load:
    """Send each of these requests once."""
    return _run(server, iter(requests), 202, server.posting, lambda _spent: True)


def _run(
    server: Server, waiting: Iterator[bytes], status: int, connections: int, going_on: Callable[[float], bool]
) -> Load:
    """Send requests, each on whichever connection is free.

    Raises:
        RuntimeError: an answer has another status.
    """
    url = urlsplit(server.collection)
    with selectors.DefaultSelector() as selector:
        for request in islice(waiting, connections):
            connection = _Connection((url.hostname or "", url.port or 80))
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(request)
        start = time.perf_counter()
        answers = size = 0
        while selector.get_map():
            for key, _ in selector.select():
                length = key.data.read(status)
                if length is None:
                    continue
                answers, size = answers + 1, size + length
                following = next(waiting, None) if going_on(time.perf_counter() - start) else None
                if following is None:
                    selector.unregister(key.data.socket)
                    key.data.socket.close()
                    continue
                if key.data.closed:
                    selector.unregister(key.data.socket)
                    key.data.connect()
                    selector.register(key.data.socket, selectors.EVENT_READ, key.data)
                key.data.send(following)
        return Load(answers, time.perf_counter() - start, size)


class _Connection:
    """One connection with one request under way."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self.connect()

    def connect(self) -> None:
        self.socket = socket.create_connection(self._address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.closed = False

    def send(self, request: bytes) -> None:
        self._head, self._begun, self._got = b"", False, 0
        self.socket.sendall(request)

    def read(self, status: int) -> int | None:
        """Take what came; the length of the body if the answer is complete."""
        data = self.socket.recv(LARGEST_READ)
        if not data:
            raise RuntimeError("the server closed the connection in the middle of an answer")
        if not self._begun:
            self._head += data
            head, end, data = self._head.partition(b"\r\n\r\n")
            if not end:
                return None
            self._begin(head, status)
        self._got += len(data)
        over = data.endswith(_LAST_CHUNK) if self._length is None else self._got >= self._length
        return self._got if over else None

    def _begin(self, head: bytes, status: int) -> None:
        self._begun = True
        line, *fields = head.split(b"\r\n")
        if int(line.split()[1]) != status:
            raise RuntimeError(f"the server answered {line.decode(errors='replace')}")
        headers = {name.strip().lower(): value.strip() for name, _, value in (one.partition(b":") for one in fields)}
        length = headers.get(b"content-length")
        self._length = None if length is None else int(length)
        self.closed = headers.get(b"connection", b"").lower() == b"close"
