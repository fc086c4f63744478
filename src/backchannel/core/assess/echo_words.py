"""An echo in words: one sentence for each reason."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from backchannel.core.assess.echo import Echo, Reason

_SENTENCES: Mapping[str, str] = {
    "own-id": "it is our own id: {object} {crossed}",
    "own-tag": "it carries our own origin tag",
    "derived": "it is said to be derived from {object}, which {crossed}",
    "passed-on": "it is an object of somebody else that we passed on: it {crossed}",
    "same-pattern": "{object} is the same pattern of {number} parts, and {crossed}",
    "went-to-them": "all that it names went to them before, first in {object} on {at}",
    "same-whole": "{object} says the same, and {crossed}",
    "shared-value": "{number} of {total} values are in what we released, first in {object}, which {crossed}",
    "earlier-sighting": "they say that it was seen on {at}; what we know is of {before}",
    "earlier-date": "by its own date it is of {at}; ours is of {before}",
    "others-first": "others told us the same on {at}, before we released it on {before}",
    "they-first": "they told us the same on {at}, before we released it on {before}",
}


def sentence(reason: Reason, names: Mapping[str, str]) -> str:
    """A reason in words; `names` are those of parties, by their keys."""
    at = _day(reason.at)
    crossed = f"went to {names.get(reason.to, reason.to[:12])} on {at}" if at else "was never released"
    return _SENTENCES[reason.rule].format(
        object=reason.object,
        at=at,
        before=_day(reason.before),
        number=reason.number,
        total=reason.total,
        crossed=crossed,
    )


def sentences(echo: Echo, names: Mapping[str, str]) -> Iterator[str]:
    """The tier with its first reason, further reasons, and what speaks against it, each a line."""
    for number, reason in enumerate(echo.reasons):
        text = sentence(reason, names)
        yield text if number else f"{echo.tier} - {text}"
    if not echo.reasons and echo.against:
        yield f"{echo.tier} - {sentence(echo.against[0], names)}"
    yield from (f"but {sentence(reason, names)}" for reason in echo.against[0 if echo.reasons else 1 :])


def _day(time: datetime | None) -> str:
    return "" if time is None else f"{time:%Y-%m-%d}"
