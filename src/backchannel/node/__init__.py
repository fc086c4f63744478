"""The running program: settings, key ring, workers, and the one place that wires adapters to the flow.

May import everything but the faces, `cli` and `web`.
"""
