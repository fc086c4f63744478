"""What others asked us, as something that may not be said to anybody else: which observables a party looks for is its
secret, and was told to us alone.

Rules: it weighs as what another party's object bears (`core.release_terms`), and as the very latest of those: it
keeps nothing back that is held, and forbids no value that an object of ours bears that leaves. So nobody can silence
us by asking, but for the officer's own words, where the officer is told.
"""

from bisect import bisect_left
from collections.abc import Mapping

from backchannel.core.mention import term_key
from backchannel.core.release import Bearer, Lookup
from backchannel.core.release_spoken import LATEST
from backchannel.flow.parties import Counterpart
from backchannel.flow.ports import Transaction

Asked = Mapping[str, list[Bearer]]
"""Who asked about a value, by its term key."""


def asked_by_others(tx: Transaction, them: Counterpart) -> Asked:
    """What parties other than this counterpart asked us about."""
    parties = {row.id: row.party for row in tx.agreements.all()}
    found: dict[str, list[Bearer]] = {}
    for request in tx.requests.all():
        if request.ours or parties[request.agreement] == them.key:
            continue
        bearer = Bearer(
            f"request--{request.id}",
            type="request",
            kind="value",
            since=LATEST - 1,
            own=False,
            current=True,
            crossed=frozenset(),
        )
        for one in request.observables:
            found.setdefault(term_key(one.value), []).append(bearer)
    found.pop("", None)
    return found


class WithAsked:
    """A lookup that knows what was asked, beside what is held (`core.release.Lookup`)."""

    def __init__(self, held: Lookup, asked: Asked) -> None:
        self._held = held
        self._asked = asked
        self._sorted = sorted(asked)

    def __call__(self, keys: set[str]) -> dict[str, list[Bearer]]:
        """The bearers of each key."""
        found = {key: list(bearers) for key, bearers in self._held(keys).items()}
        for key in keys & self._asked.keys():
            found[key] = [*found.get(key, ()), *self._asked[key]]
        return found

    def beginnings(self, runs: set[str]) -> set[str]:
        """Those runs of words that any key begins with."""
        return self._held.beginnings(runs) | {run for run in runs if self._begins(run)}

    def _begins(self, run: str) -> bool:
        if run in self._asked:
            return True
        longer = f"{run} "
        place = bisect_left(self._sorted, longer)
        return place < len(self._sorted) and self._sorted[place].startswith(longer)
