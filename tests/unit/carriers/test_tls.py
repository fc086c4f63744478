"""Pinned TLS on loopback: the certificate is compared before anything is sent, and nobody can stall for ever."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpcore
import pytest

from backchannel.carriers.tls import Connections, WrongCertificateError, client_context
from backchannel.node.certificate import ServerCertificate, create

NOW = datetime(2026, 11, 22, tzinfo=UTC)
Talk = Callable[[ssl.SSLSocket], None]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ServerCertificate:
    return create(tmp_path_factory.mktemp("tls"), hosts=[], now=NOW)


@contextlib.contextmanager
def listening(certificate: ServerCertificate, talk: Talk, version: ssl.TLSVersion | None = None) -> Iterator[int]:
    """A TLS server for one connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    context.maximum_version = version or ssl.TLSVersion.MAXIMUM_SUPPORTED
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def serve() -> None:
            with contextlib.suppress(OSError):
                raw, _ = listener.accept()
                raw.settimeout(5)
                with context.wrap_socket(raw, server_side=True) as connection:
                    talk(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def connected(port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
    raw = socket.create_connection(("127.0.0.1", port), timeout=5)
    return context.wrap_socket(raw, server_hostname="node.example")


def test_the_pinned_certificate_is_accepted_whatever_name_it_bears(certificate: ServerCertificate) -> None:
    with (
        listening(certificate, lambda c: c.sendall(c.recv(5))) as port,
        connected(port, client_context(certificate.pin)) as connection,
    ):
        connection.send(b"hello")
        assert connection.recv(5) == b"hello"
        assert connection.version() == "TLSv1.3"


def test_another_certificate_is_refused_before_a_byte_is_sent(certificate: ServerCertificate) -> None:
    received: list[bytes] = []

    def listen(connection: ssl.SSLSocket) -> None:
        received.append(connection.recv(100))

    with (
        listening(certificate, listen) as port,
        pytest.raises(WrongCertificateError, match=certificate.pin[:16]),
    ):
        connected(port, client_context("0" * 64))
    assert received in ([], [b""])


def test_without_a_pin_a_certificate_that_no_authority_signed_is_refused(certificate: ServerCertificate) -> None:
    with listening(certificate, lambda _: None) as port, pytest.raises(ssl.SSLCertVerificationError):
        connected(port, client_context(None))


def test_tls_1_2_is_refused(certificate: ServerCertificate) -> None:
    with (
        listening(certificate, lambda _: None, ssl.TLSVersion.TLSv1_2) as port,
        pytest.raises(ssl.SSLError),
    ):
        connected(port, client_context(certificate.pin))


def test_a_host_that_drips_bytes_is_given_up_when_the_time_in_all_is_over(certificate: ServerCertificate) -> None:
    now = [0.0]
    context = client_context(certificate.pin, clock=lambda: now[0])
    got: list[bytes] = []

    def drip(connection: ssl.SSLSocket) -> None:
        with contextlib.suppress(OSError):
            while connection.send(b"x"):
                connection.recv(1)

    with listening(certificate, drip) as port, connected(port, context) as connection:
        context.start(300)
        while context.seconds_left() > 0:
            got.append(connection.recv(1))
            connection.send(b"y")
            now[0] += 29
        with pytest.raises(TimeoutError, match="too long in all"):
            connection.recv(1)
        with pytest.raises(TimeoutError, match="too long in all"):
            connection.send(b"y")
    assert got == [b"x"] * 11


def test_a_silence_is_not_waited_out_beyond_the_time_in_all(certificate: ServerCertificate) -> None:
    context = client_context(certificate.pin, clock=lambda: 0.0)
    received: list[bytes] = []
    with (
        listening(certificate, lambda c: received.append(c.recv(1))) as port,
        connected(port, context) as connection,
    ):
        context.start(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert connection.gettimeout() == pytest.approx(0.05)


def test_each_thread_has_its_own_time(certificate: ServerCertificate) -> None:
    context = client_context(certificate.pin, clock=lambda: 0.0)
    context.start(1)
    left: list[float] = []
    thread = threading.Thread(target=lambda: left.append(context.seconds_left()))
    thread.start()
    thread.join()
    assert (context.seconds_left(), left) == (1.0, [float("inf")])


def test_a_handshake_is_not_waited_for_beyond_the_time_in_all() -> None:
    context = client_context("0" * 64, clock=lambda: 0.0)
    context.start(0.05)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        socket.create_connection(silent.getsockname(), timeout=60) as raw,
        pytest.raises(TimeoutError),
    ):
        context.wrap_socket(raw, server_hostname="node.example")


def test_a_name_with_many_addresses_that_do_not_answer_is_given_up_when_the_time_in_all_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, tried = [0.0], list[tuple[str, float]]()
    places = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"192.0.2.{number}", 443)) for number in range(100)]

    def connect(address: tuple[str, int], timeout: float, **_more: object) -> socket.socket:
        tried.append((address[0], timeout))
        now[0] += timeout
        raise TimeoutError

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: places)
    monkeypatch.setattr(socket, "create_connection", connect)
    context = client_context(None, clock=lambda: now[0])
    context.start(50)
    with pytest.raises(httpcore.ConnectTimeout):
        Connections(context).connect_tcp("node.example", 443, timeout=20)
    assert tried == [("192.0.2.0", 20), ("192.0.2.1", 20), ("192.0.2.2", 10)]


def test_the_first_address_that_answers_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        places = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in ("127.0.0.2", "127.0.0.1")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: places)
        connected_to = Connections(client_context(None)).connect_tcp("node.example", port, timeout=5)
        assert connected_to.get_extra_info("server_addr")[0] == "127.0.0.1"
        connected_to.close()
