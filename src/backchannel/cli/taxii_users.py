"""`backchannel taxii user`: who may use the TAXII server of this node."""

from typing import Annotated

import typer

from backchannel.cli import screen
from backchannel.cli.context import JsonOption, moment_of
from backchannel.errors import BadArgument
from backchannel.node import taxii_users

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
    write: Annotated[bool, typer.Option("--write", help="May post objects (with --own also delete).")] = False,
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
                    "name": one.name,
                    "agreement": one.agreement,
                    "own": one.agreement is None,
                    "read": one.can_read,
                    "write": one.can_write,
                    "expires": one.expires_at,
                    "added": one.added_at,
                }
                for one in found
            ]
        )
        return
    screen.table(
        ("name", "for", "may", "expires"),
        (
            (
                one.name,
                "own tools" if one.agreement is None else screen.short(one.agreement),
                " and ".join(word for word, may in (("read", one.can_read), ("write", one.can_write)) if may),
                "never" if one.expires_at is None else screen.moment(one.expires_at),
            )
            for one in found
        ),
        "There is no TAXII user. Make one with: backchannel taxii user add NAME --own",
    )


@app.command("revoke")
def revoke(
    context: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the user.")]
) -> None:
    """Take a user's access away, at once."""
    with context.obj.node() as node:
        taxii_users.revoke(node, name)
    screen.say(f"Revoked {name}.")
