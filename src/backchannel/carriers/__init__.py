"""What moves envelopes. A carrier is four verbs on a mailbox: put if absent, list after, get, delete.

Beside the carriers stands the client of TAXII servers, which moves objects.

May import `flow`, `protocol`, `core` and `errors`; never `store` or `formats`.

- `address`: where mailboxes are, as text
- `item`: what every carrier agrees on
- `folder`: mailboxes as folders
- `disk`: files that others write to
- `https`: mailboxes on a host
- `tls`: the sockets to it
- `host`: mailboxes kept for others
- `failures`: why a request failed
- `session`: requests to a server of somebody else
- `taxii`: the resources of a TAXII server
"""
