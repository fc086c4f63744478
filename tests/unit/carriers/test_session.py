"""Requests to servers of others: secrets go to one origin only, and nobody can hold us up or fill our memory."""

import base64
import io
import shutil
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backchannel.carriers import session as module
from backchannel.carriers.session import Access, LostAnswer, Session, checked_url
from backchannel.errors import BackchannelError, BadArgument, TaxiiMisbehaves, TaxiiUnreachable, UnusablePath
from backchannel.node.certificate import ServerCertificate, create
from taxii_server import MEDIA, Asked, Reply, Server

SECRET = "a-secret-that-nobody-sees"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ServerCertificate:
    return create(tmp_path_factory.mktemp("tls"), hosts=[], now=datetime(2026, 11, 1, tzinfo=UTC))


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        running.routes["/x/"] = lambda _asked: Reply({"x": 1})
        yield running


def asking(server: Server, slept: list[float] | None = None, **access: Any) -> Session:
    pause = slept.append if slept is not None else lambda _seconds: None
    return Session(server.url, Access(**access), sleep=pause, timeout=5, chance=lambda: 0.5)


def get(session: Session, url: str = "/x/", method: str = "GET", **how: Any) -> Any:
    try:
        return session.ask(method, url, **{"limit": 10_000, "accept": MEDIA, **how})
    finally:
        session.close()


# --- who we are ---------------------------------------------------------------------------------------------


def test_user_and_password_go_in_one_header(server: Server) -> None:
    get(asking(server, user="ann", password=SECRET))
    (asked,) = server.asked
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(f"ann:{SECRET}".encode()).decode()
    assert asked.headers["accept"] == MEDIA
    assert asked.headers["accept-encoding"] == "identity"


def test_a_token_goes_in_one_header(server: Server) -> None:
    get(asking(server, token=SECRET))
    assert server.asked[0].headers["authorization"] == f"Bearer {SECRET}"


def test_secrets_are_in_no_error_and_no_representation(server: Server) -> None:
    server.routes["/x/"] = lambda asked: Reply({"description": f"bad {asked.headers['authorization']}"}, 400)
    session = asking(server, user="ann", password=SECRET)
    answer = get(session)
    encoded = base64.b64encode(f"ann:{SECRET}".encode()).decode()
    for text in (session.without_secrets(answer.body.decode()), repr(session), repr(session._access)):
        assert SECRET not in text
        assert encoded not in text


@pytest.mark.parametrize("url", ["https://ann:secret@taxii.example/", "https://secret@taxii.example/"])
def test_a_secret_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(BadArgument) as raised:
        checked_url(url)
    assert "secret" not in str(raised.value)


def test_the_environment_gives_neither_proxy_nor_credentials(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login ann password {SECRET}\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    get(asking(server))
    assert "authorization" not in server.asked[0].headers


# --- to whom ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["http://taxii.example/", "http://192.0.2.1/", "http://127.0.0.1.example/"])
def test_without_tls_only_this_machine_is_asked(url: str) -> None:
    with pytest.raises(BadArgument, match="not encrypted"):
        checked_url(url)
    assert checked_url(url, insecure_http=True).scheme == "http"


@pytest.mark.parametrize(
    "url", ["http://localhost:80/", "http://127.0.0.1/", "http://[::1]:8080/", "https://a.example"]
)
def test_this_machine_and_tls_are_fine(url: str) -> None:
    assert checked_url(url).path == "/"


@pytest.mark.parametrize(
    "url", ["", "taxii.example", "ftp://a.example/", "https://", "https://a.example/?x=1", "https://a.example:x/"]
)
def test_what_is_no_url_of_a_server_is_refused(url: str) -> None:
    with pytest.raises(BadArgument):
        checked_url(url)


def test_a_redirect_within_the_origin_is_followed(server: Server) -> None:
    server.routes["/old/"] = lambda _asked: Reply({}, 301, {"Location": "/x/"})
    assert get(asking(server, token=SECRET), "/old/").body == b'{"x": 1}'


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_origin_is_not_followed(server: Server, status: int) -> None:
    with Server() as other:
        server.routes["/x/"] = lambda _asked: Reply({}, status, {"Location": f"{other.origin}/x/"})
        with pytest.raises(TaxiiMisbehaves, match="another server"):
            get(asking(server, token=SECRET))
        assert other.asked == []


def test_a_redirect_to_plain_http_is_not_followed(certificate: ServerCertificate, server: Server) -> None:
    with tls_server(certificate) as secure:
        secure.routes["/x/"] = lambda _asked: Reply({}, 302, {"Location": f"{server.origin}/x/"})
        with pytest.raises(TaxiiMisbehaves, match="another server"):
            get(asking(secure, token=SECRET, authorities=certificate.certificate))
    assert server.asked == []


def test_redirects_without_end_are_left(server: Server) -> None:
    server.routes["/x/"] = lambda _asked: Reply({}, 302, {"Location": "/x/"})
    with pytest.raises(TaxiiMisbehaves, match="redirects more than"):
        get(asking(server))
    assert len(server.asked) == module.MAX_REDIRECTS + 1


def test_what_is_sent_is_not_redirected_as_a_question(server: Server) -> None:
    server.routes["/x/"] = lambda _asked: Reply({}, 302, {"Location": "/y/"})
    with pytest.raises(TaxiiMisbehaves, match="redirects what is sent"):
        get(asking(server), method="POST", body=b"{}")
    assert len(server.asked) == 1


@pytest.mark.parametrize("url", ["https://elsewhere.example/", "//elsewhere.example/", "http://127.0.0.1:1/"])
def test_another_origin_is_never_asked(server: Server, url: str) -> None:
    session = asking(server, token=SECRET)
    assert not session.same_origin(url)
    with pytest.raises(TaxiiMisbehaves, match="another server"):
        get(session, url)


# --- TLS ----------------------------------------------------------------------------------------------------


def tls_server(certificate: ServerCertificate, client: Path | None = None) -> Server:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    if client is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client)
    server = Server(context=context)
    server.routes["/x/"] = lambda _asked: Reply({"x": 1})
    return server


def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(
    certificate: ServerCertificate,
) -> None:
    with tls_server(certificate) as server:
        with pytest.raises(TaxiiUnreachable, match=r"no authority vouches.*; give its certificate .* --ca FILE"):
            get(asking(server, token=SECRET))
        assert server.asked == []


def test_an_authority_of_ones_own_is_taken(certificate: ServerCertificate) -> None:
    with tls_server(certificate) as server:
        assert get(asking(server, authorities=certificate.certificate)).status == 200


def test_a_certificate_for_another_name_is_refused(certificate: ServerCertificate) -> None:
    with tls_server(certificate) as server:
        url = server.url.replace("127.0.0.1", "127.0.0.2")
        session = Session(url, Access(authorities=certificate.certificate), sleep=lambda _seconds: None)
        with pytest.raises(TaxiiUnreachable) as failed:
            get(session)
    assert "--ca" not in str(failed.value)  # another authority would not help


def client_certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "analyst")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=20 * 365))
        .sign(key, hashes.SHA256())
    )
    (folder / "client.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "client.key").write_bytes(pem)
    return folder / "client.crt", folder / "client.key"


def test_a_certificate_of_the_client_is_shown(certificate: ServerCertificate, tmp_path: Path) -> None:
    ours, key = client_certificate(tmp_path)
    with tls_server(certificate, client=ours) as server:
        with_it = {"certificate": ours, "key": key}
        assert get(asking(server, authorities=certificate.certificate, **with_it)).status == 200
        with pytest.raises(TaxiiUnreachable):
            get(asking(server, authorities=certificate.certificate))


def test_files_that_hold_no_certificate_are_named(certificate: ServerCertificate, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no certificate")
    with pytest.raises(BadArgument, match="text"):
        Session("https://a.example/", Access(certificate=tmp_path / "text"))
    with pytest.raises(BadArgument):
        Session("https://a.example/", Access(authorities=tmp_path / "text"))
    with pytest.raises(UnusablePath):
        Session("https://a.example/", Access(authorities=tmp_path / "missing"))
    shutil.copy(certificate.certificate, tmp_path / "other.crt")
    other = create(tmp_path, hosts=[], now=datetime(2026, 11, 1, tzinfo=UTC))
    with pytest.raises(BadArgument):
        Session("https://a.example/", Access(certificate=tmp_path / "other.crt", key=other.key))


# --- busy, broken and endless servers -----------------------------------------------------------------------


def test_a_busy_server_is_asked_again_when_it_said(server: Server, slept: list[float]) -> None:
    replies = iter([Reply({}, 429, {"Retry-After": "7"}), Reply({}, 503), Reply({"x": 1})])
    server.routes["/x/"] = lambda _asked: next(replies)
    assert get(asking(server, slept)).status == 200
    assert slept == [7.0, module.BACK_OFF * 2]


def test_a_date_to_come_back_at_is_understood(server: Server, slept: list[float]) -> None:
    later = {"Retry-After": "Sun, 22 Nov 2026 20:31:30 GMT", "Date": "Sun, 22 Nov 2026 20:31:00 GMT"}
    replies = iter([Reply({}, 503, later), Reply({"x": 1})])
    server.routes["/x/"] = lambda _asked: next(replies)
    get(asking(server, slept))
    assert slept == [30.0]


def test_a_server_that_wants_us_to_wait_too_long_is_left(server: Server, slept: list[float]) -> None:
    server.routes["/x/"] = lambda _asked: Reply({}, 503, {"Retry-After": "86400"})
    with pytest.raises(TaxiiUnreachable, match="86400 seconds"):
        get(asking(server, slept))
    assert slept == []


@pytest.mark.parametrize("header", ["-1", "soon", "1e9", "٣", "9" * 400])
def test_nonsense_to_wait_for_is_passed_over(server: Server, slept: list[float], header: str) -> None:
    replies = iter([Reply({}, 503, {"Retry-After": header.encode().decode("latin-1")}), Reply({"x": 1})])
    server.routes["/x/"] = lambda _asked: next(replies)
    get(asking(server, slept))
    assert slept == [module.BACK_OFF]


def test_a_server_that_stays_busy_is_asked_a_few_times_only(server: Server, slept: list[float]) -> None:
    server.routes["/x/"] = lambda _asked: Reply({}, 503)
    assert get(asking(server, slept)).status == 503
    assert len(server.asked) == 5
    assert slept == [module.BACK_OFF * 2**n for n in range(4)]


def test_pauses_are_not_the_same_for_everybody(server: Server) -> None:
    server.routes["/x/"] = lambda _asked: Reply({}, 503)
    pauses: list[list[float]] = []
    for chance in (0.0, 0.99):
        slept: list[float] = []
        get(Session(server.url, Access(), sleep=slept.append, chance=lambda chance=chance: chance))
        pauses.append(slept)
    assert all(first < second for first, second in zip(*pauses, strict=True))


def test_a_connection_that_breaks_is_tried_again(server: Server, slept: list[float]) -> None:
    drops = iter([True, True, False])
    server.routes["/x/"] = lambda _asked: Reply({"x": 1}, drop=next(drops))
    assert get(asking(server, slept)).status == 200
    assert len(slept) == 2


def test_an_answer_that_must_not_be_asked_twice_is_lost_at_once(server: Server, slept: list[float]) -> None:
    server.routes["/x/"] = lambda _asked: Reply({"x": 1}, drop=True)
    with pytest.raises(LostAnswer):
        get(asking(server, slept), repeat=False)
    assert len(server.asked) == 1


def test_nobody_listening_is_said(slept: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    session = Session(f"http://127.0.0.1:{port}/", Access(), sleep=slept.append)
    with pytest.raises(TaxiiUnreachable, match="refused the connection"):
        get(session)
    assert len(slept) == 4


def test_an_answer_that_is_too_large_is_not_read_to_its_end(server: Server) -> None:
    server.routes["/x/"] = lambda _asked: Reply(b"x" * 2_000_000)
    with pytest.raises(TaxiiMisbehaves, match="more than 10000 bytes"):
        get(asking(server))


def test_a_page_goes_into_a_file_and_what_an_attempt_left_is_gone(server: Server) -> None:
    drops = iter([True, False])
    server.routes["/x/"] = lambda _asked: Reply({"x": "y" * 50}, drop=next(drops))
    file = io.BytesIO(b"what was there before, and longer than what comes " * 5)
    assert get(asking(server), into=file).body == b""
    assert file.getvalue() == b'{"x": "' + b"y" * 50 + b'"}'


def test_an_encoding_that_was_not_asked_for_is_refused(server: Server) -> None:
    server.routes["/x/"] = lambda _asked: Reply(b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    with pytest.raises(TaxiiMisbehaves, match="encoding"):
        get(asking(server))


def test_a_server_that_dribbles_is_left_when_the_time_of_a_request_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REQUEST_SECONDS", 0.6)
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def dribble() -> None:
            connection, _ = listener.accept()
            with connection:
                while not stop.wait(0.05):
                    try:
                        connection.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=dribble)
        thread.start()
        session = Session(f"http://127.0.0.1:{listener.getsockname()[1]}/", Access(), attempts=1)
        began = time.monotonic()
        with pytest.raises(TaxiiUnreachable):
            get(session)
        assert time.monotonic() - began < 5
        stop.set()
        thread.join()


@pytest.mark.parametrize("location", ["", "http://[", "https://ann:pw@elsewhere.example/"])
def test_a_redirect_to_nowhere_is_one_named_error(server: Server, location: str) -> None:
    header = location.encode().decode("latin-1")
    server.routes["/x/"] = lambda _asked: Reply({}, 302, {"Location": header})
    with pytest.raises(BackchannelError):
        get(asking(server))


def test_what_is_asked_is_recorded_as_it_was(server: Server) -> None:
    get(asking(server), method="POST", body=b"{}")
    (asked,) = server.asked
    assert isinstance(asked, Asked)
    assert (asked.body, asked.headers["content-type"]) == (b"{}", MEDIA)
