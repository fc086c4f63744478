"""Benchmarks: each measures Backchannel and a peer in one run and reports the ratio. `python -m bench [NAME…]`."""
