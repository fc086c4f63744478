"""The HTTP face: routes and status codes. No rule lives here. May import everything but `cli`.

- `peer`: mailboxes over HTTP
- `server`: TLS, until a signal comes
- `serving`: `serve` and `relay`, wired
"""
