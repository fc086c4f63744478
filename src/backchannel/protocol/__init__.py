"""Bytes in, values out: keys, cards, envelopes, channels, messages. No sockets, no files, no clock.

May import `core` and `errors`. `crypto.py` alone imports `cryptography`.

- `card`: key cards
- `keys`: private keys as seeds
- `crypto`: signatures, seals, derivations
- `handshake`: what two parties derive without asking anybody
- `signing`: signatures over terms and endings
- `envelope`: sealed on the record
- `channel`: each number once, in order
- `message`: what an envelope says
- `batching`: what fits into one
- `paging`: the way through a collection of a TAXII server
- `bounds`: limits of a JSON text
- `versions`: each version as a record of features
"""
