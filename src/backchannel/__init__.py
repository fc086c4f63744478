"""Backchannel: exchange threat intelligence under a signed agreement.

The rings, from the outside in, are `cli | web`, `node`, `store | carriers | formats`, `flow`, `protocol`, `core`,
`errors`; each may import only those further in. `ARCHITECTURE.md` has the map.
"""

__version__ = "0.1.0"
