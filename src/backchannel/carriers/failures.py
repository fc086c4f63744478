"""Why a request over HTTP failed: what passes by trying again, what does not, and how to say it."""

import ssl

import httpx

PASSING = (httpx.ConnectError, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
"""Failures of a connection that may be gone the next time."""


def _chain(error: BaseException | None) -> list[BaseException]:
    """An error and what caused it, innermost last."""
    chain: list[BaseException] = []
    while error is not None and len(chain) < 16:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain


def tls_failure(error: BaseException) -> ssl.SSLError | None:
    """The failure of TLS behind an error, if there is one: it does not pass by trying again."""
    failures = [cause for cause in _chain(error) if isinstance(cause, ssl.SSLError)]
    endings = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
    return failures[-1] if failures and not isinstance(failures[-1], endings) else None


def connect_reason(error: BaseException) -> str:
    """Why no connection came about, to go after the host's name."""
    causes = [cause for cause in _chain(error) if isinstance(cause, OSError)]
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "refused the connection"
    if causes and causes[-1].strerror:
        return f"cannot be reached: {causes[-1].strerror}"
    return "cannot be reached"
