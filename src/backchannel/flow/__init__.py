"""The data's path, one function a step, read top to bottom: collect, decide, seal; open, vet, merge.

What it needs from outside (stores, carriers, validation) it names in `ports.py`; adapters provide it and `node`
wires them. May import `protocol`, `core` and `errors`.
"""
