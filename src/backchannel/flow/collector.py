"""The garbage collector, out of the way while one step makes objects by the hundred thousand.

Such a step makes values without cycles, which are freed without it; meanwhile the collector would walk through all
of them again and again. Memory stays bounded by what the step itself holds.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the collector from running inside the block; it goes on as before afterwards."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
