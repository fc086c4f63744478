"""Settings that bound what others may cost."""

from pathlib import Path

import pytest

from backchannel.errors import BadSettings
from backchannel.node.settings import FILE, load


@pytest.mark.parametrize(
    "name", ["sync_every_seconds", "sync_seconds_each", "sync_envelopes_each", "taxii_requests_per_second"]
)
def test_what_must_be_positive_is_refused_otherwise(tmp_path: Path, name: str) -> None:
    (tmp_path / FILE).write_text(f"{name} = 0\n")
    with pytest.raises(BadSettings, match=f"{name} is 0; it takes 1 or more"):
        load(tmp_path, {})
    (tmp_path / FILE).write_text(f"{name} = 1\n")
    assert getattr(load(tmp_path, {}), name) == 1


def test_an_envelope_may_be_offered_again_at_once(tmp_path: Path) -> None:
    assert load(tmp_path, {"BACKCHANNEL_RESEND_AFTER_SECONDS": "0"}).resend_after_seconds == 0
    with pytest.raises(BadSettings, match="resend_after_seconds is -1"):
        load(tmp_path, {"BACKCHANNEL_RESEND_AFTER_SECONDS": "-1"})


@pytest.mark.parametrize(
    "url", ["http://a.example", "https://a.example/", "https://a.example?x", "https://u@a.example"]
)
def test_a_public_url_is_a_plain_https_address(url: str) -> None:
    with pytest.raises(BadSettings, match=r"public_url is .*; it takes https://HOST"):
        load(Path(), {"BACKCHANNEL_PUBLIC_URL": url})
    assert (
        load(Path(), {"BACKCHANNEL_PUBLIC_URL": "https://a.example:8443/b"}).public_url == "https://a.example:8443/b"
    )
