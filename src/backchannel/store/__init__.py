"""The node's memory: SQL through SQLAlchemy Core. Every class takes a connection inside a transaction.

May import `flow`, `protocol`, `core` and `errors`; never `formats` or `carriers`.
"""
