"""Bytes in, values out: keys, cards, envelopes, channels, messages. No sockets, no files, no clock.

May import `core` and `errors`. `crypto.py` alone imports `cryptography`.
"""
