"""What decisions need from outside, wired once for a node: the OASIS schemas, own assets, warning lists, synonyms.

Lists and galaxies are read when first asked for; a node whose settings switch them off, or that lacks their extra,
does without them. One whose extra is damaged does not: it would take in unchecked what it was told to check.
"""

import atexit
from collections.abc import Callable
from functools import cache

from backchannel.core.observable import Observable
from backchannel.core.poison import Poison, assets, judge
from backchannel.errors import BadSettings, MissingExtra
from backchannel.flow.threats import Synonyms
from backchannel.flow.vet import Services
from backchannel.formats.galaxies import Synonyms as GalaxySynonyms
from backchannel.formats.schemas import Stix21Validator
from backchannel.formats.warninglists import WarningLists
from backchannel.node.settings import Settings
from backchannel.protocol.matching_engine import Engine


def vetting_services(settings: Settings) -> Services:
    """Validation, and what is poison for this node.

    Raises:
        BadSettings: an entry of `own_assets` or `canary_domains` is none.
    """
    try:
        own = assets((*settings.own_assets, *settings.canary_domains))
    except ValueError as error:
        raise BadSettings(f"own_assets: {error}") from None
    popular = _popular(settings)

    def poison(type_: str, value: str) -> Poison | None:
        return judge(Observable(type_, value), own, popular)

    return Services(validate=Stix21Validator(), poison=poison, engine=matching_engine)


@cache
def matching_engine() -> Engine:
    """What computes for matching in this process, with every core. Loaded when it is needed: it takes a while."""
    from backchannel.node.matching_engine import VoprfEngine

    engine = VoprfEngine()
    atexit.register(engine.close)
    return engine


def _popular(settings: Settings) -> Callable[[str, str], str | None]:
    """Which warning list names a value."""

    @cache
    def lists() -> WarningLists | None:
        if not settings.warning_lists:
            return None
        try:
            return WarningLists()
        except MissingExtra:  # not installed; a damaged one is an error
            return None

    def popular(type_: str, value: str) -> str | None:
        found = lists()
        return None if found is None else found.popular(type_, value)

    return popular


def synonyms(settings: Settings) -> Synonyms:
    """Other names for a threat, from the galaxies."""

    @cache
    def galaxies() -> GalaxySynonyms | None:
        if not settings.synonyms:
            return None
        try:
            return GalaxySynonyms()
        except MissingExtra:  # not installed; a damaged one is an error
            return None

    def of(name: str) -> frozenset[str]:
        found = galaxies()
        return frozenset() if found is None else found.of(name)

    return of
