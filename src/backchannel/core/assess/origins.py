"""How many independent origins stand behind a value, counted from who tells it and what they name as their sources.

Rules:
1. A teller is one origin at most; more only if the origin tags that it hands on say so. A tag is an origin, the same
   along every route: who hands on a tag adds none of its own.
2. A teller that names another teller as its source is no origin: it has the value from that one. What other sites it
   names beside may have found it too, or have it from there as well: one at most, none at least.
3. A teller that names other publishers only has it from them: they are the origin, and it counts where they are no
   teller's.
4. A reference to somebody's account on a platform, who is no teller, establishes nothing: what stands there may be
   anybody's, also what another teller found. It counts as one at most, and as none at least.
5. A teller that names nothing, or itself, is an origin. Of several that name nothing only the first to tell is for
   certain: the others may have it from there, and not say so.
"""

from collections.abc import Sequence

import msgspec

from backchannel.core.assess.publishers import Publisher, is_called, publisher_of

_SILENT = "it names no source, and told it after another"
_FIRST = "it names no source, and told it first of those"


class Telling(msgspec.Struct, frozen=True):
    """That somebody tells a value: the teller's name, the URLs that it names as sources, and the origin tags that
    came with it (hex). `own` says that it is an observation of the teller's own, as a sighting is."""

    teller: str
    references: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    own: bool = False


class Origin(msgspec.Struct, frozen=True):
    """One origin: its name, whether it is established, and the tellers that tell of it."""

    name: str
    sure: bool
    tellers: tuple[str, ...]
    why: str


class Origins(msgspec.Struct, frozen=True):
    """The origins of a value: at least `low`, at most `high`, and each with its reason."""

    low: int
    high: int
    origins: tuple[Origin, ...]

    @property
    def sentence(self) -> str:
        """The count in words."""
        if self.low == self.high:
            return f"{self.low} independent {'origin' if self.low == 1 else 'origins'}"
        return f"origin not established, at most {_spelled(self.high)}"


def origins_of(tellings: Sequence[Telling]) -> Origins:
    """The origins of a value, from all that is told of it, the first first."""
    names = sorted({one.teller for one in tellings})
    found: dict[tuple[str, str], Origin] = {}
    for one in tellings:
        for key, origin in _origins_of(one, names):
            before = found.get(key)
            found[key] = origin if before is None else _merged(before, origin)
    silent = next((key for key, origin in found.items() if origin.why == _SILENT), None)
    if silent is not None:
        found[silent] = msgspec.structs.replace(found[silent], sure=True, why=_FIRST)
    origins = tuple(sorted(found.values(), key=lambda one: (not one.sure, one.name)))
    low = sum(one.sure for one in origins)
    return Origins(max(low, min(1, len(origins))), len(origins), origins)


def _origins_of(one: Telling, names: Sequence[str]) -> list[tuple[tuple[str, str], Origin]]:
    teller = (one.teller,)
    if one.tags:
        return [(("tag", tag), Origin(f"tag {tag[:12]}", True, teller, "its origin tag")) for tag in one.tags]
    if one.own:
        return [(("teller", one.teller), Origin(one.teller, True, teller, "it saw it itself"))]
    published = [publisher for url in one.references if (publisher := publisher_of(url)) is not None]
    others = sorted({name for name in names if name != one.teller and any(is_called(p, name) for p in published)})
    sites = sorted({p.label for p in published if not p.account and not any(is_called(p, name) for name in names)})
    site = (
        [(("site", sites[0]), Origin(_shown(published, sites), not others, teller, f"{one.teller} names it"))]
        if sites
        else []
    )
    if others:
        first = [(("teller", name), Origin(name, True, (name, *teller), f"{one.teller} names it")) for name in others]
        return first + site
    if site:
        return site
    accounts = [p for p in published if p.account and not is_called(p, one.teller)]
    if accounts:
        labels = sorted({p.label for p in accounts})
        why = f"{one.teller} has it from an account that may repeat anybody"
        return [(("account", labels[0]), Origin(_shown(published, labels), False, teller, why))]
    if published:
        return [(("teller", one.teller), Origin(one.teller, True, teller, "it names itself"))]
    return [(("teller", one.teller), Origin(one.teller, False, teller, _SILENT))]


def _merged(one: Origin, other: Origin) -> Origin:
    """Two that are the same origin: established if one of them is."""
    better = one if one.sure or not other.sure else other
    return msgspec.structs.replace(better, tellers=tuple(sorted({*one.tellers, *other.tellers})))


def _shown(published: Sequence[Publisher], labels: Sequence[str]) -> str:
    """Sites that are named together are one origin: nobody says which of them found it."""
    return ", ".join(dict.fromkeys(p.shown for p in published if p.label in labels))


def _spelled(number: int) -> str:
    return {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}.get(number, f"{number:,}")
