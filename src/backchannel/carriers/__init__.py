"""What moves envelopes. A carrier is four verbs on a mailbox: put if absent, list after, get, delete.

May import `flow`, `protocol`, `core` and `errors`; never `store` or `formats`.
"""
