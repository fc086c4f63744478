"""Adapters for what the field publishes: STIX 2.0 and 2.1, MISP, indicator lists; and the OASIS schemas.

May import `flow`, `protocol`, `core` and `errors`; never `store` or `carriers`.
"""
