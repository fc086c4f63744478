"""Who we are to a server of somebody else: user and password, token or certificate, as the operator gave them.

Rules: a secret comes out of a file, the environment or a prompt, and never from the command line, which others on
the machine can read.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from backchannel.carriers.session import Access
from backchannel.errors import BadArgument, UnreadableFile

PASSWORD = "BACKCHANNEL_TAXII_PASSWORD"  # noqa: S105 - the name of a variable
TOKEN = "BACKCHANNEL_TAXII_TOKEN"  # noqa: S105 - the name of a variable

MAX_SECRET = 65_000


class Proofs(msgspec.Struct, frozen=True):
    """What the operator gave to prove who we are, and what the server is held against."""

    user: str = ""
    password_file: Path | None = None
    token_file: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    authorities: Path | None = None
    insecure_http: bool = False


def access(given: Proofs, environment: Mapping[str, str], prompt: Callable[[str], str] | None) -> Access:
    """What a session needs. `prompt` asks a person for a secret; None where there is nobody to ask.

    Raises:
        BadArgument: two ways at once, or a way that lacks a part.
        UnreadableFile: a file that holds no secret.
    """
    token = _secret(given.token_file, environment, TOKEN)
    if given.user and given.token_file:
        raise BadArgument("--user and --token-file are two ways to say who we are; give one")
    if given.password_file and not given.user:
        raise BadArgument("--password-file needs --user")
    if given.key and not given.certificate:
        raise BadArgument("--key needs --cert")
    if ":" in given.user or not given.user.isprintable():
        raise BadArgument("a user of HTTP Basic has no colon in its name, and nothing that cannot be printed")
    password = _secret(given.password_file, environment, PASSWORD) if given.user else ""
    if given.user and not password:
        if prompt is None:
            raise BadArgument(f"--user needs a password: --password-file, {PASSWORD}, or a terminal to ask at")
        password = prompt(f"Password of {given.user}: ")
    return Access(
        user=given.user,
        password=password,
        token="" if given.user else token,
        certificate=given.certificate,
        key=given.key,
        authorities=given.authorities,
        insecure_http=given.insecure_http,
    )


def _secret(path: Path | None, environment: Mapping[str, str], variable: str) -> str:
    if path is None:
        return _checked(environment.get(variable, ""), variable)
    try:
        with path.open("rb") as file:
            text = file.read(MAX_SECRET + 3).decode("utf-8").removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise UnreadableFile(f"{path} is no text") from None
    if not text:
        raise UnreadableFile(f"{path} is empty; one line with the secret is expected")
    return _checked(text, str(path))


def _checked(text: str, where: str) -> str:
    if not text.isprintable() or len(text) > MAX_SECRET:
        raise UnreadableFile(f"{where} holds no secret: one line of printable characters is expected")
    return text
