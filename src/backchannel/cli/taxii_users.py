"""`backchannel taxii user`: who may use the TAXII server of this node."""

from typing import Annotated

import typer

from backchannel.cli import screen
from backchannel.cli.context import JsonOption, moment_of
from backchannel.core.agreement import State
from backchannel.errors import BadArgument
from backchannel.node import taxii_users
from backchannel.node.taxii_users import UserView

app = typer.Typer(no_args_is_help=True, help="Users of the TAXII server that `serve` runs under /taxii2/.")


@app.command("add")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Small letters, digits, dot, dash, underscore.")],
    agreement: Annotated[
        str | None, typer.Option(metavar="AGREEMENT", help="For the collections of this agreement.")
    ] = None,
    own: Annotated[bool, typer.Option("--own", help="For our own tools: everything held.")] = False,
    read: Annotated[bool, typer.Option("--read", help="May read; the default if neither is said.")] = False,
    write: Annotated[
        bool, typer.Option("--write", help="May post objects; with --own and --read also delete.")
    ] = False,
    expires: Annotated[
        str | None, typer.Option(metavar="TIME", help="Until when the token is worth something.")
    ] = None,
) -> None:
    """Make a user. Its token is printed once, alone on the last line; only its hash is kept."""
    if own == (agreement is not None):
        raise BadArgument("say either --own or --agreement AGREEMENT")
    until = moment_of(expires, "--expires")
    with context.obj.node() as node:
        made, token = taxii_users.add(
            node, name, agreement=agreement, read=read or not write, write=write, expires=until
        )
        (view,) = (one for one in taxii_users.users(node) if one.user == made)
    if view.agreement_state is not None and view.agreement_state is not State.IN_FORCE:
        screen.remark(
            f"Agreement {screen.short(made.agreement or '')} is {view.agreement_state.shown}, not in force: "
            "nothing can be read or posted there."
        )
    screen.remark(f"Made the TAXII user {made.name}. Its token is shown once:")
    screen.say(token)


@app.command("list")
def list_(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the users; tokens are not kept and not shown."""
    with context.obj.node() as node:
        found = taxii_users.users(node)
    if as_json:
        screen.print_json(
            [
                {
                    "name": one.user.name,
                    "agreement": one.user.agreement,
                    "agreement_state": None if one.agreement_state is None else one.agreement_state.shown,
                    "with": one.with_,
                    "own": one.user.agreement is None,
                    "read": one.user.can_read,
                    "write": one.user.can_write,
                    "expires": one.user.expires_at,
                    "expired": one.expired,
                    "added": one.user.added_at,
                }
                for one in found
            ]
        )
        return
    screen.table(
        ("name", "for", "with", "may", "expires"),
        ((one.user.name, _for(one), one.with_ or "", _may(one), _expires(one)) for one in found),
        "There is no TAXII user. Make one with: backchannel taxii user add NAME --agreement AGREEMENT; "
        "or with --own, for your own tools only: it reads everything",
    )


def _for(one: UserView) -> str:
    """What a user is for, and the state of an agreement that is not in force."""
    if one.user.agreement is None or one.agreement_state is None:
        return "own tools"
    state = "" if one.agreement_state is State.IN_FORCE else f" ({one.agreement_state.shown})"
    return screen.short(one.user.agreement) + state


def _may(one: UserView) -> str:
    may = (("read", one.user.can_read), ("write", one.user.can_write))
    return " and ".join(word for word, allowed in may if allowed)


def _expires(one: UserView) -> str:
    if one.user.expires_at is None:
        return "never"
    return screen.moment(one.user.expires_at) + (" (expired)" if one.expired else "")


@app.command("revoke")
def revoke(
    context: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the user.")]
) -> None:
    """Take a user's access away, at once."""
    with context.obj.node() as node:
        taxii_users.revoke(node, name)
    screen.say(f"Revoked {name}.")
