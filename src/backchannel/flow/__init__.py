"""The data's path, one function a step, read top to bottom: collect, decide, seal; open, vet, merge.

What it needs from outside (stores, carriers, validation) it names in `ports.py`; adapters provide it and `node`
wires them. May import `protocol`, `core` and `errors`.

- `outbound`: collect, decide, seal
- `threats`: what an agreement's names stand for
- `post`: into the outbox
- `introductions`: secrets of the party channel
- `cards`: new cards, ours and the counterparts'
- `onward`: which of others' objects may be passed on
- `beside`: what goes beside the objects of a release
- `tag_notes`: origin tags where nothing can go beside
- `consent_asking`, `consenting`: consents asked for, given, refused
- `consent_documents`: consents as kept
- `publish`: what an agreement releases, for TAXII
- `canaries`: names of ours that tell whose copy leaked, added to what an agreement releases
- `retract`: take back what has not left
- `recall`, `recall_heard`: take back what has, ours and what counterparts recall
- `retention`: what must go of what came in
- `inbound`: open, vet, keep
- `hearing`: what hearing a message needs and gives
- `vet`: what vetting must know
- `keep`: what becomes durable
- `ledger`: what is entered in the ledger
- `receipts`: given for what came in, and taken for what we sent
- `witness`: showing each other checkpoints, and cosigning them
- `agree`, `amend`, `ending`: an agreement's life, ours and what the counterpart says of it
- `alone`: the same with a guest, who says nothing
- `record`: what is kept of it
- `asking`, `answering`: requests for information (not for consent), ours and those asked of us
- `requests`: what is kept of requests for information
- `asked`: what others asked, kept from everybody else
- `matching`, `match_heard`: matching sessions, carried on by us and by what the counterpart says
- `match_session`: what is kept of one, and where it stands
- `match_side`, `match_limits`: our side of their contract, and what bounds them
- `match_keys`: the keys, inputs and blinds that an engine computes with
- `matched`, `match_retention`: what they found, and how long it is kept
- `origins`: who tells a value, and how many origins it has
- `parties`: who speaks and who listens
- `ports`, `ports_channels`, `ports_arrivals`, `ports_ledger`, `ports_carriers`, `ports_taxii`: what is needed from
  outside
- `ports_cards`, `ports_requests`, `ports_consents`, `ports_recalls`, `ports_retention`: the same, by subject
- `ports_canaries`, `ports_matching`, `ports_reports`, `ports_origins`: more of them
- `collector`: the garbage collector, out of the way
"""
