"""What vetting needs from outside, wired once for a node: the OASIS schemas, own assets, warning lists."""

from collections.abc import Callable
from functools import cache

from backchannel.core.observable import Observable
from backchannel.core.poison import Poison, assets, judge
from backchannel.errors import BadSettings, MissingExtra
from backchannel.flow.vet import Services
from backchannel.formats.schemas import Stix21Validator
from backchannel.formats.warninglists import WarningLists
from backchannel.node.settings import Settings


def vetting_services(settings: Settings) -> Services:
    """Validation, and what is poison for this node.

    Raises:
        BadSettings: an entry of `own_assets` is none.
    """
    try:
        own = assets(settings.own_assets)
    except ValueError as error:
        raise BadSettings(f"own_assets: {error}") from None
    popular = _popular(settings)

    def poison(type_: str, value: str) -> Poison | None:
        return judge(Observable(type_, value), own, popular)

    return Services(validate=Stix21Validator(), poison=poison)


def _popular(settings: Settings) -> Callable[[str, str], str | None]:
    """Which warning list names a value; none without the extra or when switched off.

    The lists are read when a value is first asked about: an import, which asks about none, does without them.
    """

    @cache
    def lists() -> WarningLists | None:
        if not settings.warning_lists:
            return None
        try:
            return WarningLists()
        except MissingExtra:
            return None

    def popular(type_: str, value: str) -> str | None:
        found = lists()
        return None if found is None else found.popular(type_, value)

    return popular
