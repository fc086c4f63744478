"""Bytes in, values out: keys, cards, envelopes, channels, messages. No sockets, no files, no clock.

May import `core` and `errors`. `crypto.py` alone imports `cryptography`, `libsodium.py` alone `rbcl`.

- `card`: key cards
- `succession`: how a party came from its first keys to those it has
- `keys`: private keys as seeds
- `crypto`: signatures, seals, derivations
- `ed25519_keys`: which bytes are an Ed25519 key
- `handshake`: what two parties derive without asking anybody
- `signing`: signatures over terms, endings and recalls
- `receipt`: signed statements of what arrived
- `envelope`: sealed, and signed on the record
- `channel`: each number once, in order
- `message`: what an envelope says
- `message_base`: what all messages have in common
- `message_agreements`, `message_objects`, `message_channel`: the messages, by subject
- `message_consents`, `message_requests`, `message_recalls`, `message_card`, `message_matching`: more of them
- `batching`: what fits into one envelope
- `consent`: an originator's permission, and what proves it
- `origin_tag`: that two objects are of one origin
- `matching`: the steps of a matching session, and what each side derives for it
- `ledger`: what an entry of the ledger says, and the leaf that commits to it
- `ledger_keys`: whose log, and signed with what
- `merkle`: hashes of leaves, nodes and trees
- `merkle_proof`: that a leaf is in a tree, and a tree goes on from another
- `tiles`: the hashes of a log in pieces, and its entries in bundles
- `tree_head`: the text of a checkpoint
- `note_keys`: keys of signed notes, and what each kind signs
- `notes`: signed notes
- `checkpoints`: signed and cosigned tree heads; a witness's step
- `accusations`: two histories of one log, in one document
- `evidence`: files that prove something with nothing else at hand
- `proofs`: proof files, checked without the log
- `spelling`: base64 and numbers that have one spelling
- `voprf`: outputs that two parties can compute only together, proved (RFC 9497)
- `libsodium`: the group and the scalars it computes with
- `matching_engine`: what computes them for many inputs, in parts
- `taxii`: resources and parameters of TAXII 2.1
- `paging`: reading another's collection page by page
- `bounds`: limits of a JSON text
- `versions`: each version as a record of features
"""
