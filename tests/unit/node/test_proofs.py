"""Secrets come from files, the environment or a prompt; what does not fit together is said without showing them."""

from pathlib import Path

import pytest

from backchannel.errors import BackchannelError, BadArgument, UnreadableFile
from backchannel.node.proofs import PASSWORD, TOKEN, Proofs, access

SECRET = "a-secret-that-nobody-sees"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(SECRET + "\n")
    return path


def test_a_password_comes_from_its_file_then_the_environment_then_a_prompt(file: Path) -> None:
    asked: list[str] = []

    def prompt(text: str) -> str:
        asked.append(text)
        return "prompted"

    from_file = access(Proofs(user="ann", password_file=file), {PASSWORD: "environment"}, prompt)
    from_environment = access(Proofs(user="ann"), {PASSWORD: "environment"}, prompt)
    assert asked == []
    prompted = access(Proofs(user="ann"), {}, prompt)
    assert [one.secrets[0] for one in (from_file, from_environment, prompted)] == [SECRET, "environment", "prompted"]
    assert asked == ["Password of ann: "]


def test_a_token_comes_from_its_file_or_the_environment(file: Path) -> None:
    assert access(Proofs(token_file=file), {}, None).authorization == f"Bearer {SECRET}".encode()
    assert access(Proofs(), {TOKEN: "other"}, None).authorization == b"Bearer other"
    assert access(Proofs(), {}, None).authorization == b""


def test_a_user_that_is_named_goes_before_a_token_of_the_environment(file: Path) -> None:
    assert access(Proofs(user="ann", password_file=file), {TOKEN: "other"}, None).authorization.startswith(b"Basic ")


@pytest.mark.parametrize(
    "given",
    [
        {"user": "ann", "token_file": True, "password_file": True},
        {"password_file": True},
        {"key": True},
        {"user": "ann"},
        {"user": "an:n", "password_file": True},
        {"user": "ann\r\nX: y", "password_file": True},
    ],
)
def test_what_does_not_fit_together_is_refused(file: Path, given: dict[str, object]) -> None:
    proofs = Proofs(**{name: file if value is True else value for name, value in given.items()})
    with pytest.raises(BadArgument) as raised:
        access(proofs, {}, None)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines", b"\xff\xfe", b"bell\x07", b"x" * 70_000])
def test_a_file_that_holds_no_secret_is_refused_and_not_shown(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile) as raised:
        access(Proofs(token_file=path), {}, None)
    assert "two" not in str(raised.value)
    with pytest.raises(UnreadableFile):
        access(Proofs(token_file=tmp_path / "missing"), {}, None)


def test_a_secret_of_the_environment_that_would_break_a_header_is_refused() -> None:
    with pytest.raises(BackchannelError) as raised:
        access(Proofs(), {TOKEN: "one\r\nX: two"}, None)
    assert "two" not in str(raised.value)
