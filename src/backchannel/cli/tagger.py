"""`backchannel tagger`: train what finds who says what, and see what such a file says of itself."""

from pathlib import Path
from typing import Annotated

import typer

from backchannel.cli import screen
from backchannel.cli.context import JsonOption
from backchannel.core.assess.tagger_labels import ROLES
from backchannel.core.text import printable
from backchannel.formats.tagger import load_tagger
from backchannel.formats.tagger_file import About, HeldOut
from backchannel.node.files import expand
from backchannel.node.training import train as train_tagger

app = typer.Typer(no_args_is_help=True, help="Trained taggers: who says what, learned from texts marked by hand.")


@app.command()
def train(
    files: Annotated[
        list[str], typer.Argument(metavar="CORPUS", help="JSON lines of tokens and labels: files, folders or globs.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where to write the tagger.")],
    licence: Annotated[
        str, typer.Option(metavar="TEXT", help="The licence of the corpus; it is written into the tagger.")
    ],
) -> None:
    """Train a tagger on texts whose attribution is marked, and measure it beside the rules. Needs no node.

    The extra `train` must be installed. The same corpus makes the same file.
    """
    about = train_tagger(expand(files), output, licence, tell=screen.remark)
    _tell(about)
    if about.held_out is not None and not _is_better(about.held_out):
        screen.remark(
            "It is not better than the rules in every part: on texts like these, think twice before using it."
        )
    screen.say(f"Wrote {output}.")


@app.command()
def show(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A trained tagger.")], as_json: JsonOption = False
) -> None:
    """Check the file of a trained tagger, and show what it says of itself. Needs no node."""
    about = load_tagger(file).about
    if as_json:
        screen.print_json(about)
    else:
        _tell(about)


def _tell(about: About) -> None:
    names = ", ".join(printable(one.name, 60) for one in about.corpus[:5])
    screen.say(
        f"Trained on {screen.count(about.documents, 'document')} with {about.words:,} words: {names or 'unknown'}."
    )
    screen.say(f"Licence of the corpus: {printable(about.licence, 200) or 'not said'}.")
    if about.held_out is None:
        screen.say("Not measured: all documents fell into one half.")
        return
    found = about.held_out
    screen.say("Exact F1 on documents that it was not trained on, in percent:")
    rows = [(role, found.rules.get(role, "-"), found.trained.get(role, "-")) for role in ROLES]
    screen.table(("part", "rules", "tagger"), rows, "")


def _is_better(found: HeldOut) -> bool:
    return all(found.trained[role] > found.rules[role] for role in ROLES)
