"""Running what an officer does in a process that is killed at a durable step, and running it again."""

import os
import signal
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from backchannel.node import faults
from backchannel.node.node import Node
from two_nodes import opened

Action = Callable[[Node], object]


def killed(home: Path, action: Action, fault: str = "") -> bool:
    """Run an action on a node in a process of its own; whether it was killed. It must not fail otherwise."""
    child = os.fork()
    if child == 0:
        status = 70
        try:
            os.environ[faults.VARIABLE] = fault
            node = opened(home)
            action(node)
            node.close()
            status = 0
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.waitstatus_to_exitcode(status) == 0
    return False


def done(home: Path, action: Action) -> None:
    """Run an action on a node, to its end."""
    node = opened(home)
    try:
        action(node)
    finally:
        node.close()


def through(steps: Sequence[tuple[Path, Action]], victim: str, fault: str) -> bool:
    """Do one thing after the other, each on the node in its home. The first that reaches the step on the victim's
    node is killed there and done again; whether that happened."""
    died = False
    for home, action in steps:
        if not died and victim == home.name:
            died = killed(home, action, fault)
            if not died:
                continue
        done(home, action)
    return died
