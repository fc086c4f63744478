"""The HTTPS carrier and the mailbox server together, over TLS on loopback, in two processes or two threads."""

import base64
import contextlib
import hashlib
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from backchannel.carriers.address import open_carrier, parse
from backchannel.carriers.folder import FolderCarrier
from backchannel.carriers.host import PAGE, MailboxHost, Quota
from backchannel.carriers.https import HttpsCarrier
from backchannel.carriers.item import MAX_ITEM
from backchannel.carriers.tls import client_context
from backchannel.errors import CannotListen, CarrierError, MailboxFull
from backchannel.flow.ports_carriers import Mailbox
from backchannel.node.certificate import ServerCertificate, create
from backchannel.web.peer import mailbox_app
from backchannel.web.server import run_server

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TOKEN = bytes(range(32))
BOX = Mailbox(hashlib.sha256(TOKEN).hexdigest(), TOKEN)
FULL_TOKEN = b"f" * 32
FULL = Mailbox(hashlib.sha256(FULL_TOKEN).hexdigest(), FULL_TOKEN)

pytestmark = pytest.mark.timeout(120)

PATIENCE = 10
"""Seconds that no stop takes on the slowest machine, fewer than a connection may idle (`IDLE_MILLISECONDS`)."""

SERVE = """
import sys
from pathlib import Path
from backchannel.carriers.host import MailboxHost
from backchannel.web.peer import mailbox_app
from backchannel.node.certificate import ServerCertificate
from backchannel.web.server import run_server

folder, certificate, key = map(Path, sys.argv[1:])

def work(stop):
    stop.wait()
    print("the work ended", flush=True)

run_server(
    mailbox_app(MailboxHost(folder, known=lambda _name: True)),
    host="127.0.0.1", port=0, certificate=ServerCertificate(certificate, key, ""),
    on_ready=lambda port: print(port, flush=True), background=work,
)
print("the server ended", flush=True)
"""


SERVE_STUCK = """
import asyncio, sys
from pathlib import Path
from backchannel.node.certificate import ServerCertificate
from backchannel.web.server import run_server

async def stuck(scope, receive, send):
    if scope["type"] == "http":
        print("under way", flush=True)
        try:
            await asyncio.Event().wait()
        finally:
            print("cancelled", flush=True)

run_server(
    stuck, host="127.0.0.1", port=0, certificate=ServerCertificate(Path(sys.argv[2]), Path(sys.argv[3]), ""),
    on_ready=lambda port: print(port, flush=True),
)
"""


class Served(NamedTuple):
    """A running server."""

    port: int
    certificate: ServerCertificate
    host: MailboxHost

    def carrier(self, **settings: float) -> HttpsCarrier:
        return HttpsCarrier(f"https://127.0.0.1:{self.port}", pin=self.certificate.pin, **settings)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ServerCertificate:
    return create(tmp_path_factory.mktemp("certificate"), hosts=[], now=NOW)


@contextlib.contextmanager
def serving(
    host: MailboxHost,
    certificate: ServerCertificate,
    *,
    stop: threading.Event | None = None,
    background: Callable[[threading.Event], None] | None = None,
    connections: int = 64,
) -> Iterator[int]:
    stop = stop or threading.Event()
    ready, ports = threading.Event(), list[int]()

    def announce(port: int) -> None:
        ports.append(port)
        ready.set()

    def serve() -> None:
        run_server(
            mailbox_app(host),
            host="127.0.0.1",
            port=0,
            certificate=certificate,
            on_ready=announce,
            background=background,
            stop=stop,
            connections=connections,
        )

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert ready.wait(10)
        yield ports[0]
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def started(tmp_path: Path, certificate: ServerCertificate, program: str) -> "subprocess.Popen[str]":
    """A server in a process of its own; its first line of output is its port."""
    arguments = [str(tmp_path / "boxes"), str(certificate.certificate), str(certificate.key)]
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def served(tmp_path: Path, certificate: ServerCertificate) -> Iterator[Served]:
    host = MailboxHost(tmp_path / "boxes", known=lambda name: name == BOX.name)
    with serving(host, certificate) as port:
        yield Served(port, certificate, host)


def test_four_verbs_over_tls_with_a_pin(served: Served) -> None:
    carrier = served.carrier()
    assert [carrier.put(BOX, "0001", data) for data in (b"one", b"one", b"two")] == [True, False, False]
    assert carrier.put(BOX, "0002", b"\0" * 100_000)
    assert carrier.list_after(BOX) == ["0001", "0002"]
    assert carrier.list_after(BOX, "0001") == ["0002"]
    assert carrier.get(BOX, "0001") == b"one"
    carrier.delete(BOX, "0001")
    carrier.delete(BOX, "0001")
    assert carrier.get(BOX, "0001") is None
    assert carrier.list_after(BOX) == ["0002"]


def test_the_largest_envelope_crosses_unchanged(served: Served) -> None:
    data = os.urandom(MAX_ITEM)
    assert served.carrier().put(BOX, "0001", data) is True
    assert served.carrier().get(BOX, "0001") == data


def test_the_node_itself_and_its_counterpart_use_the_same_mailbox(served: Served) -> None:
    own = open_carrier(parse("self"), own_mailboxes=served.host.carrier)
    far = open_carrier(
        parse(f"https://localhost:{served.port}"), own_mailboxes=FolderCarrier(Path()), pin=served.certificate.pin
    )
    own.put(BOX, "0001", b"from the node")
    far.put(BOX, "0002", b"from the counterpart")
    assert own.list_after(BOX) == far.list_after(BOX) == ["0001", "0002"]
    assert far.get(BOX, "0001") == b"from the node"
    assert own.get(BOX, "0002") == b"from the counterpart"


def test_a_connection_is_used_again(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    connections: list[object] = []
    connect = socket.create_connection
    monkeypatch.setattr(
        socket, "create_connection", lambda *args, **more: connections.append(args) or connect(*args, **more)
    )
    carrier = served.carrier()
    for number in range(5):
        carrier.put(BOX, f"{number}", b"x")
        carrier.get(BOX, f"{number}")
        carrier.get(BOX, "gone")
        carrier.delete(BOX, f"{number}")
    assert len(connections) == 1


def test_the_wrong_host_never_sees_the_token(certificate: ServerCertificate) -> None:
    """A host with another certificate, and somebody who listens in front of the right one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    received = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def listen() -> None:
            with contextlib.suppress(OSError), listener.accept()[0] as raw:
                raw.settimeout(5)
                with context.wrap_socket(raw, server_side=True) as connection:
                    received.extend(connection.recv(4096))

        thread = threading.Thread(target=listen)
        thread.start()
        carrier = HttpsCarrier(f"https://127.0.0.1:{listener.getsockname()[1]}", pin="0" * 64)
        with pytest.raises(CarrierError, match="not the one on the key card; nothing was sent"):
            carrier.put(BOX, "0001", b"x")
        thread.join()
    assert bytes(received) == b""


def test_a_host_without_tls_never_sees_the_token() -> None:
    received = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def listen() -> None:
            with listener.accept()[0] as raw:
                raw.settimeout(5)
                received.extend(raw.recv(4096))
                raw.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

        thread = threading.Thread(target=listen)
        thread.start()
        with pytest.raises(CarrierError, match=r"no TLS 1\.3 connection"):
            HttpsCarrier(f"https://127.0.0.1:{listener.getsockname()[1]}", pin="0" * 64).list_after(BOX)
        thread.join()
    assert base64.urlsafe_b64encode(TOKEN).rstrip(b"=") not in received


def test_a_host_that_takes_too_long_in_all_is_given_up(served: Served) -> None:
    moments = iter(range(0, 100_000, 200))
    carrier = HttpsCarrier(
        f"https://127.0.0.1:{served.port}", pin=served.certificate.pin, clock=lambda: float(next(moments))
    )
    with pytest.raises(CarrierError, match="did not answer in time"):
        carrier.list_after(BOX)


def test_a_body_that_drips_is_given_up_when_the_time_for_the_request_is_over(certificate: ServerCertificate) -> None:
    """Each byte comes well before the silence would be too long; by the client's clock a second after the other."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    sent: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def drip() -> None:
            with contextlib.suppress(OSError), listener.accept()[0] as raw:
                raw.settimeout(5)
                with context.wrap_socket(raw, server_side=True) as connection:
                    connection.recv(4096)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
                    for _ in range(5000):
                        connection.sendall(b"x")
                        sent.append(1)

        thread = threading.Thread(target=drip)
        thread.start()
        moments, read = iter(range(1_000_000)), list[int]()
        carrier = HttpsCarrier(
            f"https://127.0.0.1:{listener.getsockname()[1]}",
            pin=certificate.pin,
            clock=lambda: float(read.append(1) or next(moments)),
            seconds_left=lambda: 100.0,
        )
        with pytest.raises(CarrierError, match="did not answer in time"):
            carrier.get(BOX, "0001")
        carrier.close()
        thread.join()
    assert len(read) < 110


def test_a_proxy_in_the_environment_is_not_used(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert served.carrier().list_after(BOX) == []


def test_without_a_pin_a_certificate_of_our_own_making_is_refused(served: Served) -> None:
    with pytest.raises(CarrierError, match="no authority vouches"):
        HttpsCarrier(f"https://127.0.0.1:{served.port}").list_after(BOX)


@pytest.mark.parametrize("size", [1, MAX_ITEM])
def test_a_wrong_token_gets_a_clear_404_even_behind_a_large_body(served: Served, size: int) -> None:
    stranger = Mailbox(BOX.name, b"wrong")
    with pytest.raises(CarrierError, match="does not keep this mailbox"):
        served.carrier().put(stranger, "0001", bytes(size))
    with pytest.raises(CarrierError, match="does not keep this mailbox"):
        served.carrier().list_after(stranger)
    assert not served.host.carrier.root.exists()


@pytest.mark.parametrize("size", [MAX_ITEM + 1, 4 * MAX_ITEM])
def test_a_body_that_is_too_large_gets_a_clear_413(
    served: Served, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr("backchannel.carriers.https.MAX_ITEM", size)
    with pytest.raises(CarrierError, match="413"):
        served.carrier().put(BOX, "0001", bytes(size))
    assert served.carrier().list_after(BOX) == []


def test_of_eight_writers_of_one_name_exactly_one_wins(served: Served) -> None:
    start, won = threading.Barrier(8), list[bytes]()

    def write(number: int) -> None:
        carrier, data = served.carrier(), bytes([number]) * 50_000
        start.wait()
        if carrier.put(BOX, "0001", data):
            won.append(data)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert served.carrier().get(BOX, "0001") == won[0]


def test_ten_thousand_envelopes_are_listed_in_order_and_page_by_page(served: Served) -> None:
    folder = served.host.carrier.root / BOX.name
    folder.mkdir(parents=True)
    names = [f"{number:016}" for number in range(10_000)]
    for name in names:
        (folder / name).write_bytes(b"x")
    assert len(names) > PAGE
    assert served.carrier().list_after(BOX) == names
    assert served.carrier().list_after(BOX, names[-2]) == names[-1:]


def test_a_full_mailbox_is_told_to_the_sender(tmp_path: Path, certificate: ServerCertificate) -> None:
    host = MailboxHost(tmp_path / "boxes", known=lambda _name: True, quota=Quota(items=1))
    with serving(host, certificate) as port:
        carrier = Served(port, certificate, host).carrier()
        carrier.put(FULL, "0001", b"x")
        with pytest.raises(MailboxFull):
            carrier.put(FULL, "0002", b"x")


# --- the server's life ----------------------------------------------------------------------------------------


def test_a_server_that_stopped_is_a_clear_error(tmp_path: Path, certificate: ServerCertificate) -> None:
    host = MailboxHost(tmp_path / "boxes", known=lambda _name: True)
    with serving(host, certificate) as port:
        carrier = HttpsCarrier(f"https://127.0.0.1:{port}", pin=certificate.pin, sleep=lambda _seconds: None)
        assert carrier.list_after(BOX) == []
    with pytest.raises(CarrierError, match=f"127.0.0.1:{port}: refused the connection"):
        carrier.list_after(BOX)


def test_a_port_in_use_is_a_clear_error_and_is_not_shared(served: Served) -> None:
    with pytest.raises(CannotListen, match=f"127.0.0.1:{served.port}: Address already in use"):
        run_server(
            mailbox_app(served.host),
            host="127.0.0.1",
            port=served.port,
            certificate=served.certificate,
            on_ready=lambda _port: None,
        )


@pytest.mark.parametrize(("host", "port"), [("203.0.113.1", 0), ("127.0.0.1", 70_000), ("no such host", 0)])
def test_an_address_that_is_not_ours_is_a_clear_error(served: Served, host: str, port: int) -> None:
    with pytest.raises(CannotListen, match=host):
        run_server(
            mailbox_app(served.host),
            host=host,
            port=port,
            certificate=served.certificate,
            on_ready=lambda _port: None,
        )


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104 (it is refused)
def test_without_tls_nothing_is_served_beyond_this_machine(tmp_path: Path, host: str) -> None:
    with pytest.raises(CannotListen, match=r"plain HTTP is for a proxy on this machine; take 127.0.0.1 or ::1"):
        run_server(
            mailbox_app(MailboxHost(tmp_path / "boxes", known=lambda _name: True)),
            host=host,
            port=0,
            certificate=None,
            on_ready=lambda _port: pytest.fail("it listens"),
        )


def test_work_in_the_background_that_fails_stops_the_server_and_is_raised(
    tmp_path: Path, certificate: ServerCertificate
) -> None:
    class BrokenError(Exception):
        pass

    def fail(_stop: threading.Event) -> None:
        raise BrokenError

    with pytest.raises(BrokenError):
        run_server(
            mailbox_app(MailboxHost(tmp_path / "boxes", known=lambda _name: True)),
            host="127.0.0.1",
            port=0,
            certificate=certificate,
            on_ready=lambda _port: None,
            background=fail,
        )


def test_a_stop_does_not_wait_for_a_sender_that_stalls_and_leaves_no_thread(
    tmp_path: Path, certificate: ServerCertificate, caplog: pytest.LogCaptureFixture
) -> None:
    def wait(stop: threading.Event) -> None:
        stop.wait()

    before = set(threading.enumerate())
    host = MailboxHost(tmp_path / "boxes", known=lambda _name: True)
    # `serving` stops the server, within `PATIENCE`, while both connections are still open at this end.
    with contextlib.ExitStack() as stack, serving(host, certificate, background=wait) as port:
        context = client_context(certificate.pin)
        token = base64.urlsafe_b64encode(TOKEN).decode()
        head = f"PUT /mailbox/{BOX.name}/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        start = f"{head}Content-Length: 9\r\n\r\n123".encode()
        stalled = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        stack.enter_context(context.wrap_socket(stalled, server_hostname="x")).send(start)
        stack.enter_context(socket.create_connection(("127.0.0.1", port)))  # idle, before any handshake
        Served(port, certificate, host).carrier().list_after(BOX)
    assert set(threading.enumerate()) <= before
    assert caplog.text == ""


@pytest.mark.parametrize("ends", [True, False])
def test_a_stop_outlasts_threads_of_the_server_for_a_while(
    tmp_path: Path, certificate: ServerCertificate, monkeypatch: pytest.MonkeyPatch, ends: bool
) -> None:
    """One that wants the interpreter while it ends aborts the process, with a signal and a complaint."""
    threads, pauses = tmp_path / "threads", list[float]()
    threads.mkdir()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if ends and len(pauses) == 3:
            (threads / "4000000000").rmdir()

    monkeypatch.setattr("backchannel.web.server.THREADS", threads)
    monkeypatch.setattr("backchannel.web.server.time.sleep", pause)
    with serving(MailboxHost(tmp_path / "boxes", known=lambda _name: True), certificate):
        (threads / "4000000000").mkdir()
        assert pauses == []
    assert len(pauses) == (3 if ends else 30)


def test_a_request_that_never_ends_is_cancelled_by_a_stop_without_noise(
    tmp_path: Path, certificate: ServerCertificate
) -> None:
    with started(tmp_path, certificate, SERVE_STUCK) as process:
        assert process.stdout is not None
        raw = socket.create_connection(("127.0.0.1", int(process.stdout.readline())))
        with client_context(certificate.pin).wrap_socket(raw, server_hostname="x") as connection:
            connection.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert process.stdout.readline() == "under way\n"
            process.send_signal(signal.SIGTERM)
            output, errors = process.communicate(timeout=10)
    assert (output, errors, process.returncode) == ("cancelled\n", "", 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_cleanly_and_soon(
    tmp_path: Path, certificate: ServerCertificate, number: signal.Signals
) -> None:
    with started(tmp_path, certificate, SERVE) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        carrier = HttpsCarrier(f"https://127.0.0.1:{port}", pin=certificate.pin)
        assert carrier.put(BOX, "0001", b"x")
        with pytest.raises(CarrierError):
            carrier.get(Mailbox(BOX.name, b"wrong"), "0001")
        process.send_signal(number)
        output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert output == "the work ended\nthe server ended\n"
    assert errors == ""


def test_more_connections_than_are_served_at_once_wait_their_turn(
    tmp_path: Path, certificate: ServerCertificate
) -> None:
    host = MailboxHost(tmp_path / "boxes", known=lambda _name: True)
    with serving(host, certificate, connections=2) as port:
        results: list[bool] = []

        def write(number: int) -> None:
            carrier = HttpsCarrier(f"https://127.0.0.1:{port}", pin=certificate.pin)
            results.append(carrier.put(BOX, f"{number}", b"x"))
            carrier.close()

        threads = [threading.Thread(target=write, args=(number,)) for number in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [True] * 10


def test_older_tls_is_not_spoken(served: Served) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection(("127.0.0.1", served.port), timeout=5) as raw,
        pytest.raises(ssl.SSLError),
    ):
        context.wrap_socket(raw)
