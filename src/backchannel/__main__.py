"""`python -m backchannel` is the command `backchannel`."""

from backchannel.cli.main import run

run()
