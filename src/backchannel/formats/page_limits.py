"""What the child process that reads web pages may use, and how `pages` and `page_reader` speak with each other.

Each message is its length, in so many bytes, and the bytes themselves: a page one way, JSON the other.
"""

CPU_SECONDS = 5
"""Processor time for one page. Those of newspapers take a tenth of one second to one second."""

MEMORY_BYTES = 400 << 20
"""Memory of the process, all in all: address space, of which Python and the parsers take a quarter."""

SIZE_BYTES = 8
"""Bytes of a length."""
