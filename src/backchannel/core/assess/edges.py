"""What is said of how reports hang together: typed edges from a child to a parent, each with its evidence."""

from enum import StrEnum

import msgspec

from backchannel.core.assess.credits import Credit
from backchannel.core.assess.newsroom import Newsroom
from backchannel.core.assess.press import Article, Span


class Kind(StrEnum):
    """By what a child is known to have taken something from a parent."""

    DECLARED = "declared"
    REUSE = "reuse"
    SHARED_QUOTE = "shared-quote"
    REWORDED_QUOTE = "reworded-quote"


class Evidence(msgspec.Struct, frozen=True):
    """Words of a report, by its name, that show an edge."""

    report: str
    span: Span


class Edge(msgspec.Struct, frozen=True):
    """`child` took something from `parent`: names of reports, or, where `parent_held` is false, the name of a
    source. Without direction the two may be the other way round."""

    child: str
    parent: str
    parent_held: bool
    kind: Kind
    directed: bool
    evidence: tuple[Evidence, ...]


class Read(msgspec.Struct, frozen=True):
    """A report with what is known of its outlet and of its credits."""

    article: Article
    credits: tuple[Credit, ...]
    newsroom: Newsroom

    @property
    def name(self) -> str:
        """The report's name."""
        return self.article.report.name
