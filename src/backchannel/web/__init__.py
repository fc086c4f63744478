"""The HTTP face: routes and status codes. No rule lives here. May import everything but `cli`.

- `peer`: mailboxes over HTTP
- `taxii`: the TAXII 2.1 server
- `memory`: answers given again while the store stays as it is
- `openapi`: what can be asked of it
- `bodies`: bodies of requests, bounded
- `server`: TLS, until a signal comes
- `serving`: `serve` and `relay`, wired
"""
