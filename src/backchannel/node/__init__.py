"""The running program: settings, key ring, workers, and the one place that wires adapters to the flow.

May import everything but the faces, `cli` and `web`.

- `node`: a node, open
- `creating`: a new node
- `keyring`: a node's secrets
- `renewal`: keys that are replaced
- `turns`: one at a time
- `certificate`: of a node's server
- `settings`: the table of settings
- `wiring`: what decisions need from outside
- `faults`: stopping at a durable step, for tests
- `parties`, `agreements`, `holdings`, `inbox`, `exchange` (preview and release), `recalls`: what an officer does
- `retention`: what must go of what came in, and what is left of it
- `consents`: asked for, granted, refused
- `requests`: for information, ours and those asked of us
- `canaries`: added, listed, and looked for in what leaked
- `guests`: counterparts without a node
- `inbox_choice`: which waiting objects an officer means
- `prefix`: ids in short
- `importing`: files into the holdings
- `training`: a tagger on a corpus, and how good it is
- `pulling`, `pushing`: collections of TAXII servers into the holdings and out of them
- `proofs`: who we are to such a server
- `misp_export`: holdings as a MISP event
- `checking`: files only looked at
- `files`: which files are meant
- `readers`: reading with every core
- `matching_engine`: private matching with every core
- `sync`: one pass over all counterparts
- `fetching`: the receiving half of a pass
- `channels`: which mailboxes are whose
- `channel_status`: what arrived where
- `ledger`: our log verified and shown
- `matching`: matching sessions, opened, stopped, shown
- `match_steps`: carried on with each sync
- `match_turns`: whose turn it is in them
- `matched`: what of a held object both hold, as matching found
- `budget`: what one counterpart may use of a pass
- `report`: what a pass did
- `worker`: passes in the background
- `taxii`: what the TAXII server offers, to whom
- `taxii_posts`: what is posted to it
- `taxii_users`: its users and their tokens
- `hosting`: mailboxes for counterparts
"""
