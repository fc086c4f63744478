"""How many independent origins stand behind a value, counted from who tells it and what they name as their sources.

Rules:
1. A teller is one origin at most for certain. More only if the origin tags that it hands on say so, and that only at
   the upper end: who tells can make tags up. A tag is one origin along every route, and who hands on another's has it
   from that one.
2. A teller that names another teller as its source is no origin: it has the value from that one, whose own telling
   says from where. Those that lead to nobody but each other are one origin. What other sites it names beside may have
   found it too, or have it from there as well: one at most, none at least.
3. A teller that names other publishers only has it from them: they are the origin, and it counts where they are no
   teller's. Who made what it hands on is named like a publisher. Several that are named together are one origin, and
   may be any of them that somebody else names alone.
4. A reference to somebody's account on a platform, who is no teller, establishes nothing: what stands there may be
   anybody's, also what another teller found. It counts as one at most, and as none at least.
5. A teller that names nothing, or itself, is an origin; its tags are, where it has any. A tag that came beside a
   named source somewhere is not established: it may be that source's.
6. Who names nothing and hands on no tag is for certain only if it told first of all that name nothing: the others
   may have it from there, and not say so. Nor is it where somebody hands on the tag of another: that may be its own.
   Who hands it on for somebody whom it does not name is no origin, and whoever that is is not established.
7. What a teller saw itself is an origin, whatever it names.

So whoever lies can add one origin that counts, as itself, and any number at the upper end; take its own away by
handing on another's tag; and make a tag that is no teller's doubtful by naming a source beside it. It cannot take
away the origin of a teller that gives its own tag and names nobody, or saw it.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from backchannel.core.assess.publishers import Publisher, is_called, organisation, publisher_of

Root = tuple[str, ...]
"""What an origin is known by: its kind, then whatever tells it from others of the kind."""

MOST_GROUPS = 12
"""Groups of sites of which all ways to choose are looked at."""

TAG_DIGITS = 12
"""So many digits of a tag are shown."""


class Telling(msgspec.Struct, frozen=True):
    """That somebody tells a value: the teller's name, the URLs that it names as sources, and the origin tags that
    came with it (hex). `own` says that it is an observation of the teller's own, as a sighting is.

    `creators` are the names of those who made what it hands on. `own_tag` is the one of the tags that it says is its
    own; `passed` says that it hands on what is another's, whom it does not name.
    """

    teller: str
    references: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    own: bool = False
    creators: tuple[str, ...] = ()
    own_tag: str = ""
    passed: bool = False


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
        if self.low > 1:
            return f"{self.low} to {self.high:,} independent origins"
        return f"origin not established, at most {_spelled(self.high)}"


def origins_of(tellings: Sequence[Telling]) -> Origins:
    """The origins of a value, from all that is told of it, the first first."""
    found = _Search(tellings)
    reached = {teller: found.reached(teller) for teller in found.tellers}
    origins = [
        msgspec.structs.replace(one, tellers=tuple(sorted(name for name, roots in reached.items() if root in roots)))
        for root, one in found.roots.items()
    ]
    low = sum(one.sure for one in origins)
    ordered = tuple(sorted(origins, key=lambda one: (not one.sure, one.name)))
    return Origins(max(low, min(1, len(origins))), len(origins), ordered)


class _Search:
    """Who has it from whom, and which roots are left in the end."""

    def __init__(self, tellings: Sequence[Telling]) -> None:
        self._told = _merged(tellings)
        self._owners = _owners(tellings)
        self._creators = sorted({name for one in tellings for name in one.creators})
        self.roots: dict[Root, Origin] = {}
        self._own: dict[str, list[Root]] = {teller: [] for teller in self._told}
        self._silent: list[Root] = []
        self._sites: list[frozenset[str]] = []
        self._second_hand = False
        self._tags: dict[str, dict[str, None]] = {teller: {} for teller in self._told}
        self._doubted: set[str] = set()
        self._published: dict[str, dict[Publisher, None]] = {teller: {} for teller in self._told}
        for one in tellings:
            self._take_up(one)
        self._parents = {teller: self._look_at(one) for teller, one in self._told.items()}
        for labels in apart(self._sites):
            self._establish(("site", *sorted(labels)))
        self._settle_tags()
        self._settle_silent()
        self._settle_circles()

    @property
    def tellers(self) -> Iterable[str]:
        """Everybody who tells it, the first first."""
        return self._told

    def reached(self, teller: str) -> set[Root]:
        """The roots that a teller has it from."""
        seen, waiting, found = {teller}, [teller], set[Root]()
        while waiting:
            one = waiting.pop()
            found.update(self._own[one])
            fresh = [parent for parent in self._parents[one] if parent not in seen]
            seen.update(fresh)
            waiting += fresh
        return found

    # --- one teller ------------------------------------------------------------------------------------------------

    def _take_up(self, one: Telling) -> None:
        published = _published(one)
        self._published[one.teller].update(dict.fromkeys(published))
        if any(not is_called(publisher, one.teller) for publisher in published):
            self._doubted.update(one.tags)
        else:
            self._tags[one.teller].update(dict.fromkeys(one.tags))
        self._second_hand |= any(tag != one.own_tag for tag in one.tags)

    def _look_at(self, one: Telling) -> list[str]:
        """Note what a teller is the origin of, or names as one; the tellers that it has it from."""
        published = self._published[one.teller]
        others = [name for name in self._told if name != one.teller and any(is_called(p, name) for p in published)]
        sites = {self._label(p): p.shown for p in published if not p.account and not self._is_teller(p)}
        accounts = {p.label: p.shown for p in published if p.account and not is_called(p, one.teller)}
        tagged = {name for tag in self._tags[one.teller] for name in self._owners.get(tag, ())}
        if one.own:
            self._add(one, ("teller", one.teller), one.teller, "it saw it itself")
        elif others or sites:
            self._name_sites(one, sites, sure=not others)
        elif accounts:
            why = f"{one.teller} has it from an account that may repeat anybody"
            self._add(one, ("account", min(accounts)), ", ".join(accounts.values()), why, sure=False)
        elif one.own_tag:
            self._add(one, ("teller", one.teller), one.teller, "it put it in itself, as its origin tag says")
            self._silent.append(("teller", one.teller))
        elif published:
            self._add(one, ("teller", one.teller), one.teller, "it names itself")
        elif not one.tags:
            self._add_silent(one)
        return [*others, *sorted(tagged - {one.teller})] if not one.own_tag else others

    def _add_silent(self, one: Telling) -> None:
        if one.passed:
            name, why = f"somebody behind {one.teller}", "it hands it on, and does not say for whom"
            self._add(one, ("passed", one.teller), name, why, sure=False)
            return
        root = ("teller", one.teller)
        self._add(one, root, one.teller, "it names no source, and is not known to have told it first", sure=False)
        self._silent.append(root)

    def _name_sites(self, one: Telling, sites: Mapping[str, str], *, sure: bool) -> None:
        if sites:
            name = ", ".join(dict.fromkeys(sites.values()))
            self._add(one, ("site", *sorted(sites)), name, f"{one.teller} names it", sure=False)
            if sure and (labels := frozenset(sites)) not in self._sites:
                self._sites.append(labels)

    # --- all of them -----------------------------------------------------------------------------------------------

    def _settle_tags(self) -> None:
        """The tags of whom nobody knows. A teller vouches for one of them, unless it has something else to show."""
        unknown = {
            teller: [tag for tag in tags if tag not in self._owners] for teller, tags in self._tags.items() if tags
        }
        vouched = vouched_for(
            {
                teller: [tag for tag in tags if tag not in self._doubted]
                for teller, tags in unknown.items()
                if not self._own[teller]
            }
        )
        for teller, tags in unknown.items():
            for tag in tags:
                why = "its origin tag" if tag in vouched else "an origin tag that nobody vouches for beside another"
                if tag in self._doubted:
                    why = "its origin tag, which came beside a named source too"
                self._add(self._told[teller], ("tag", tag), f"tag {tag[:TAG_DIGITS]}", why, sure=tag in vouched)

    def _settle_silent(self) -> None:
        if self._silent and not self._second_hand and not self.roots[self._silent[0]].sure:
            self._establish(self._silent[0], "it names no source, and told it first of those")

    def _settle_circles(self) -> None:
        """Tellers that lead to nobody but each other."""
        for teller, one in self._told.items():
            if not self.reached(teller):
                self._add(one, ("teller", teller), teller, "it names others, who lead back to it")

    def _add(self, one: Telling, root: Root, name: str, why: str, *, sure: bool = True) -> None:
        self._own[one.teller].append(root)
        before = self.roots.get(root)
        if before is None or (sure and not before.sure):
            self.roots[root] = Origin(name, sure, (), why)

    def _establish(self, root: Root, why: str = "") -> None:
        found = self.roots[root]
        self.roots[root] = msgspec.structs.replace(found, sure=True, why=why or found.why)

    def _is_teller(self, one: Publisher) -> bool:
        return any(is_called(one, name) for name in self._told)

    def _label(self, one: Publisher) -> str:
        """The label of a publisher; that of the organisation where somebody names it as a creator."""
        return next((organisation(name).label for name in self._creators if is_called(one, name)), one.label)


def apart(groups: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """The most of some groups of which no two have a member in common; of very many about so many."""
    if not groups:
        return []
    first, rest = groups[0], groups[1:]
    with_first = [first, *apart([one for one in rest if one.isdisjoint(first)])]
    if len(groups) > MOST_GROUPS or len(with_first) == len(groups):
        return with_first
    return max(with_first, apart(rest), key=len)


def vouched_for(tags: Mapping[str, Sequence[str]]) -> set[str]:
    """The most tags of which each is vouched for by a teller of its own, among those that each hands on."""
    by: dict[str, str] = {}

    def finds(teller: str, tried: set[str]) -> bool:
        for tag in tags[teller]:
            if tag not in tried:
                tried.add(tag)
                if tag not in by or finds(by[tag], tried):
                    by[tag] = teller
                    return True
        return False

    for teller in tags:
        finds(teller, set())
    return set(by)


def _published(one: Telling) -> list[Publisher]:
    """Whom a telling names as a source."""
    named = [publisher for url in one.references if (publisher := publisher_of(url)) is not None]
    return [*named, *map(organisation, one.creators)]


def _merged(tellings: Iterable[Telling]) -> dict[str, Telling]:
    """What each teller tells, put together, the first first."""
    told: dict[str, Telling] = {}
    for one in tellings:
        before = told.get(one.teller)
        told[one.teller] = one if before is None else _both(before, one)
    return told


def _both(one: Telling, other: Telling) -> Telling:
    return Telling(
        one.teller,
        tuple(dict.fromkeys((*one.references, *other.references))),
        tuple(dict.fromkeys((*one.tags, *other.tags))),
        own=one.own or other.own,
        creators=tuple(dict.fromkeys((*one.creators, *other.creators))),
        own_tag=one.own_tag or other.own_tag,
        passed=one.passed and other.passed,
    )


def _owners(tellings: Iterable[Telling]) -> dict[str, set[str]]:
    """Whose tag it is, as far as somebody says that it is its own."""
    owners: dict[str, set[str]] = {}
    for one in tellings:
        if one.own_tag:
            owners.setdefault(one.own_tag, set()).add(one.teller)
    return owners


def _spelled(number: int) -> str:
    return {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}.get(number, f"{number:,}")
