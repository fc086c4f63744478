"""The node's memory: SQL through SQLAlchemy Core. Every class takes a connection inside a transaction.

May import `flow`, `protocol`, `core` and `errors`; never `formats` or `carriers`.

- `database`: the file, opened, migrated and handed out
- `schema`, `schema_ledger`, `schema_requests`, `schema_recalls`, `schema_consents`, `schema_cards`: the tables
- `schema_canaries`, `schema_matching`, `schema_reports`: more of them
- `migrations`: how a file came to them
- `holdings`: what is held, looked up
- `intake`: how objects come in
- `rows`: the rows of a holding
- `marks`: the levels of holdings
- `conflicts`: contradictions
- `known`: what is here under ids, for vetting
- `tellings`: who tells a value, for counting origins
- `provenance`: what is known of objects beside their bytes
- `consents`: who asked for consent, and what was given
- `sources`: whom holdings came from
- `pulls`: how far collections of TAXII servers were read
- `labels`: names that many rows bear
- `text_index`: search
- `removal`: taking holdings away
- `retention`, `going`: taking away what came in, and the tombstones that stay
- `pages`: pages of TAXII collections
- `published`: what an agreement's collection has
- `agreements`, `cards`, `channels`, `arrivals`, `inbox`, `refusals`, `requests`, `recalls`: the other stores
- `taxii`, `ledger`, `canaries`, `matching`: more of them
- `match_elements`: inputs of ours and blinded ones of theirs, of a matching session that runs
- `matched`: what matching found, by value, and let go of
- `reliability`: how reliable sources are, and grades that were set for claims
- `givers`: who handed reports on
- `bulk`: many rows at once
- `lists`: lists as a parameter
- `sequences`: counters
- `faults`: the database's errors as ours
"""
