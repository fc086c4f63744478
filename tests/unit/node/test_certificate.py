"""The node's own certificate: made once, pinned by its hash, checked when given."""

import hashlib
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from backchannel.errors import BadCertificate
from backchannel.node.certificate import VALIDITY, create, load, pin

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def names(path: Path) -> list[str]:
    parsed = x509.load_pem_x509_certificate(path.read_bytes())
    return [str(name.value) for name in parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value]


def test_a_certificate_made_here_loads_and_has_the_same_pin(tmp_path: Path) -> None:
    made = create(tmp_path, hosts=["node.example"], now=NOW)
    assert load(made.certificate, made.key, now=NOW) == made


def test_the_pin_is_the_hash_of_the_certificate_as_a_client_sees_it(tmp_path: Path) -> None:
    made = create(tmp_path, hosts=[], now=NOW)
    pem = made.certificate.read_text()
    assert made.pin == hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest() == pin(pem.encode())


def test_it_is_made_out_to_the_hosts_and_to_this_machine(tmp_path: Path) -> None:
    made = create(tmp_path, hosts=["node.example", "192.0.2.7", "2001:db8::7", "localhost"], now=NOW)
    assert names(made.certificate) == [
        "node.example", "192.0.2.7", "2001:db8::7", "localhost", "127.0.0.1", "::1"
    ]  # fmt: skip


def test_it_is_an_elliptic_curve_key_that_is_no_authority_and_lasts_long(tmp_path: Path) -> None:
    parsed = x509.load_pem_x509_certificate(create(tmp_path, hosts=[], now=NOW).certificate.read_bytes())
    key = parsed.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    assert parsed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert parsed.not_valid_after_utc == NOW + VALIDITY
    assert parsed.not_valid_before_utc < NOW


def test_the_key_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    made = create(tmp_path, hosts=[], now=NOW)
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.certificate.stat().st_mode) == 0o600


def test_two_nodes_have_different_certificates(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    assert create(tmp_path / "a", hosts=[], now=NOW).pin != create(tmp_path / "b", hosts=[], now=NOW).pin


def test_an_existing_key_is_never_overwritten(tmp_path: Path) -> None:
    made = create(tmp_path, hosts=[], now=NOW)
    before = made.key.read_bytes()
    with pytest.raises(BadCertificate, match="File exists"):
        create(tmp_path, hosts=[], now=NOW)
    assert made.key.read_bytes() == before


@pytest.mark.parametrize("host", ["münchen.example", "naïve"])
def test_a_host_that_is_no_name_is_refused_before_anything_is_written(tmp_path: Path, host: str) -> None:
    with pytest.raises(BadCertificate, match="xn--"):
        create(tmp_path, hosts=[host], now=NOW)
    assert list(tmp_path.iterdir()) == []


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    made = create(tmp_path, hosts=[], now=NOW)
    (tmp_path / "other").mkdir()
    other = create(tmp_path / "other", hosts=[], now=NOW)
    with pytest.raises(BadCertificate, match="is not the key of"):
        load(made.certificate, other.key, now=NOW)


def test_an_expired_certificate_is_refused_with_the_date(tmp_path: Path) -> None:
    made = create(tmp_path, hosts=[], now=NOW)
    with pytest.raises(BadCertificate, match="expired on 2046-"):
        load(made.certificate, made.key, now=NOW + VALIDITY)
    load(made.certificate, made.key, now=NOW + VALIDITY - timedelta(seconds=1))


def test_a_certificate_of_the_future_is_refused(tmp_path: Path) -> None:
    made = create(tmp_path, hosts=[], now=NOW)
    with pytest.raises(BadCertificate, match="valid from"):
        load(made.certificate, made.key, now=NOW - timedelta(days=2))


@pytest.mark.parametrize(
    "content", [b"", b"not PEM", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"]
)
def test_what_is_no_certificate_or_key_is_refused_by_its_file_name(tmp_path: Path, content: bytes) -> None:
    made = create(tmp_path, hosts=[], now=NOW)
    bad = tmp_path / "bad.pem"
    bad.write_bytes(content)
    with pytest.raises(BadCertificate, match=r"bad\.pem: no certificate"):
        load(bad, made.key, now=NOW)
    with pytest.raises(BadCertificate, match=r"bad\.pem: no private key"):
        load(made.certificate, bad, now=NOW)
    with pytest.raises(BadCertificate):
        pin(content)


def test_a_missing_file_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(BadCertificate, match=r"none\.pem: No such file"):
        load(tmp_path / "none.pem", tmp_path / "none.key", now=NOW)


def test_a_key_with_a_passphrase_is_refused(tmp_path: Path) -> None:
    made = create(tmp_path, hosts=[], now=NOW)
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"x"),
        )
    )
    with pytest.raises(BadCertificate, match="without a passphrase"):
        load(made.certificate, locked, now=NOW)
