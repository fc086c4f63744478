"""The HTTP face: routes and status codes. No rule lives here. May import everything but `cli`."""
