"""The certificate of a node's own HTTPS server: made by the node itself, or given by its operator.

The key card carries the certificate's SHA-256 (the pin), so counterparts need no certificate authority: the
name, the dates and the signature in it mean nothing to them. They are set sensibly for other tools' sake.
"""

import contextlib
import ipaddress
import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from backchannel.errors import BadCertificate

CERTIFICATE_FILE = "server.crt"
KEY_FILE = "server.key"
VALIDITY = timedelta(days=20 * 365)
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


class ServerCertificate(msgspec.Struct, frozen=True):
    """Two PEM files that belong together, and the pin: the SHA-256 in hex of the certificate in DER."""

    certificate: Path
    key: Path
    pin: str


def create(folder: Path, *, hosts: Iterable[str], now: datetime) -> ServerCertificate:
    """Make a key and a self-signed certificate in `folder`, for the given hosts and for this machine itself.

    Raises:
        BadCertificate: a host is neither a domain name nor an address, or there are such files already.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _sign(key, _alternative_names([*hosts, *LOCAL_HOSTS]), now)
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    made = ServerCertificate(folder / CERTIFICATE_FILE, folder / KEY_FILE, pin(pem))
    _write_new(made.key, _key_pem(key))
    _write_new(made.certificate, pem)
    return made


def load(certificate: Path, key: Path, *, now: datetime) -> ServerCertificate:
    """Check a certificate and its key, each in PEM (a chain may follow the certificate).

    Raises:
        BadCertificate: unreadable, protected by a passphrase, not a pair, not valid yet, or expired.
    """
    pem = _read(certificate)
    parsed = _parse(pem, str(certificate))
    try:
        private = serialization.load_pem_private_key(_read(key), password=None)
    except (ValueError, TypeError):
        raise BadCertificate(f"{key}: no private key in PEM without a passphrase") from None
    if _public_bytes(private.public_key()) != _public_bytes(parsed.public_key()):
        raise BadCertificate(f"{key} is not the key of {certificate}")
    if now >= parsed.not_valid_after_utc:
        raise BadCertificate(f"{certificate} expired on {parsed.not_valid_after_utc:%Y-%m-%d}")
    if now < parsed.not_valid_before_utc:
        raise BadCertificate(f"{certificate} is valid from {parsed.not_valid_before_utc:%Y-%m-%d %H:%M} UTC on only")
    return ServerCertificate(certificate, key, pin(pem))


def pin(pem: bytes) -> str:
    """The SHA-256 in hex of the first certificate in a PEM text, over its DER form.

    Raises:
        BadCertificate: there is none.
    """
    return _parse(pem, "the text").fingerprint(hashes.SHA256()).hex()


def _sign(key: ec.EllipticCurvePrivateKey, names: list[x509.GeneralName], now: datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "backchannel")])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # clocks differ
        .not_valid_after(now + VALIDITY)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _alternative_names(hosts: list[str]) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = []
    for host in dict.fromkeys(hosts):
        with contextlib.suppress(ValueError):
            names.append(x509.IPAddress(ipaddress.ip_address(host)))
            continue
        try:
            names.append(x509.DNSName(host))
        except ValueError:
            raise BadCertificate(
                f"{host!r} is neither a domain name (xn--… for other scripts) nor an address"
            ) from None
    return names


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _public_bytes(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _parse(pem: bytes, where: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError:
        raise BadCertificate(f"{where}: no certificate in PEM") from None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(1 << 20)
    except OSError as error:
        raise BadCertificate(f"{path}: {error.strerror}") from None


def _write_new(path: Path, content: bytes) -> None:
    """Readable by the owner only, from the first byte on, and never over another file."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise BadCertificate(f"{path}: {error.strerror}") from None
