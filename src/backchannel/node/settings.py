"""The settings of a node: one typed table that gives the file, the environment, the help and the reference page.

A setting is read from `settings.toml` in the node's folder; `BACKCHANNEL_` and its name in capitals overrides it.
Unknown names and wrong types are refused with the name and what is expected.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from backchannel.core.canary import parent_domain
from backchannel.core.marking import LEVELS
from backchannel.errors import BadSettings

FILE = "settings.toml"
PREFIX = "BACKCHANNEL_"

_PUBLIC_URL = re.compile(r"(?:https://[0-9A-Za-z.:\[\]-]+(?:/[0-9A-Za-z._~-]+)*)?")


class Settings(msgspec.Struct, frozen=True):
    """What an operator may decide. Each field has a line in `TABLE`."""

    default_tlp: str = "amber"
    own_assets: tuple[str, ...] = ()
    canary_domains: tuple[str, ...] = ()
    designations: tuple[str, ...] = ()
    warning_lists: bool = True
    synonyms: bool = True
    origin_tags: bool = True
    sync_every_seconds: int = 60
    sync_seconds_each: int = 240
    sync_envelopes_each: int = 1000
    resend_after_seconds: int = 3600
    sealing_rotation_days: int = 30
    sealing_window_days: int = 14
    listen_host: str = "127.0.0.1"
    listen_port: int = 8443
    public_url: str = ""
    taxii_requests_per_second: int = 200
    recall_overdue_hours: int = 72
    clock_jump_days: int = 30


class Setting(NamedTuple):
    """One line of the table: the name, and what it means to the operator."""

    name: str
    meaning: str


TABLE = (
    Setting("default_tlp", "TLP level of imported objects that carry no mark of their own."),
    Setting(
        "own_assets",
        "Domains, addresses, networks and e-mail domains that are ours. An indicator that would make us block one "
        "of them is refused.",
    ),
    Setting(
        "canary_domains",
        "Domains that we own and below which `release --canary` makes up names, so that a copy that leaks says whose "
        "it was. They count as own assets. Leave one here for as long as canaries below it are out.",
    ),
    Setting(
        "designations",
        "Names on sanctions or other designation lists that bind us. Nothing is released to a party of such a "
        "name, and no object that bears one.",
    ),
    Setting("warning_lists", "Flag indicators on popular names and addresses (needs the extra `warninglists`)."),
    Setting("synonyms", "Widen threat names by unambiguous synonyms (needs the extra `galaxies`)."),
    Setting(
        "origin_tags",
        "Let our objects leave with our origin tag, so that whoever gets a value by several routes knows that it is "
        "of one origin. Who has it from us and from elsewhere can tell by the tag that it came from us.",
    ),
    Setting("sync_every_seconds", "How often `serve` syncs on its own when nothing fails."),
    Setting(
        "sync_seconds_each",
        "How long one sync spends on each counterpart at most, half of it on receiving. What is left waits for the "
        "next. The largest envelope (17 MiB) must get through in half of it.",
    ),
    Setting(
        "sync_envelopes_each", "How many envelopes one sync takes from each counterpart at most, and sends to it."
    ),
    Setting("resend_after_seconds", "Offer an envelope again when its receipt is this late."),
    Setting(
        "sealing_rotation_days", "How old our sealing key gets before a sync replaces it and tells the counterparts."
    ),
    Setting(
        "sealing_window_days",
        "How long a replaced key is kept, counted from when its successor was made; then it is destroyed. What was "
        "sealed to it and has not arrived by then is sealed again by its sender.",
    ),
    Setting("listen_host", "Address that `serve` and `relay` listen on."),
    Setting("listen_port", "Port that `serve` and `relay` listen on; 0 takes a free one."),
    Setting(
        "public_url",
        "How TAXII clients reach `serve` where a proxy stands before it, as `https://HOST[:PORT][/PATH]`.",
    ),
    Setting(
        "taxii_requests_per_second",
        "How many requests a second each TAXII user may make, over ten seconds. What is more gets the status 429.",
    ),
    Setting("recall_overdue_hours", "How long the answer to a recall may take before it is shown as overdue."),
    Setting(
        "clock_jump_days",
        "After so many days without a pass, retention destroys nothing for its age before the officer has said that "
        "the clock is right.",
    ),
)


def load(home: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings of the node in `home`.

    Raises:
        BadSettings: unknown name, wrong type or value, or the file is not TOML.
    """
    values = _from_file(home / FILE)
    for setting in TABLE:
        text = environment.get(PREFIX + setting.name.upper())
        if text is not None:
            values[setting.name] = _from_text(setting.name, text)
    try:
        settings = msgspec.convert(values, Settings)
    except msgspec.ValidationError as error:
        raise BadSettings(str(error).replace("`$.", "`")) from None
    return _checked(settings)


def stamp(home: Path) -> tuple[int, int] | None:
    """What is another value once the file of the settings was written anew; None if there is none."""
    try:
        found = (home / FILE).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _from_file(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path}: {error}") from None
    unknown = sorted(set(values) - {setting.name for setting in TABLE})
    if unknown:
        raise BadSettings(f"{path}: there is no setting {unknown[0]!r}")
    return values


def _from_text(name: str, text: str) -> Any:
    """One value out of the environment: lists are separated by commas, booleans are `true` or `false`."""
    default = getattr(Settings(), name)
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if isinstance(default, bool):
        if text.lower() not in ("true", "false"):
            raise BadSettings(f"{PREFIX}{name.upper()} is {text!r}; it takes true or false")
        return text.lower() == "true"
    if isinstance(default, int):
        try:
            return int(text)
        except ValueError:
            raise BadSettings(f"{PREFIX}{name.upper()} is {text!r}; it takes a whole number") from None
    return text


def _checked(settings: Settings) -> Settings:
    if settings.default_tlp not in LEVELS:
        raise BadSettings(f"default_tlp is {settings.default_tlp!r}; it takes one of {', '.join(LEVELS)}")
    for text in settings.canary_domains:
        try:
            parent_domain(text)
        except ValueError as error:
            raise BadSettings(f"canary_domains: {error}") from None
    for name in (
        "sync_every_seconds",
        "sync_seconds_each",
        "sync_envelopes_each",
        "resend_after_seconds",
        "sealing_rotation_days",
        "sealing_window_days",
        "taxii_requests_per_second",
        "recall_overdue_hours",
        "clock_jump_days",
    ):
        least = 0 if name == "resend_after_seconds" else 1
        if getattr(settings, name) < least:
            raise BadSettings(f"{name} is {getattr(settings, name)}; it takes {least} or more")
    if not 0 <= settings.listen_port <= 65535:
        raise BadSettings(f"listen_port is {settings.listen_port}; it takes 0 to 65535")
    if not _PUBLIC_URL.fullmatch(settings.public_url):
        raise BadSettings(
            f"public_url is {settings.public_url!r}; it takes https://HOST[:PORT][/PATH], and no / at its end"
        )
    return settings
