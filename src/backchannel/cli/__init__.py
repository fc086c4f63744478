"""The command-line face: arguments, tables, exit codes; one module a noun. No rule lives here.

May import everything but `web` (and that only through `node`).
"""
