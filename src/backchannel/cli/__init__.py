"""The command-line face: arguments, tables, exit codes; one module a noun. No rule lives here.

May import everything; nothing imports it. Of `web` only `serve` needs something.

- `main`: the command, and where errors become exit codes
- `context`: the node that commands share
- `screen`: what is printed
- `card`, `party`, `agreement`, `holdings`, `inbox`, `consent`, `request`, `recall`, `retention`, `channel`: the nouns
- `match`: `match`, and `lookup`
- `assess_observable`: how many origins a value has
- `match_words`: what their screens say
- `ledger`, `taxii`, `taxii_users`, `canary`, `report`, `source`, `party_record`, `tagger`: more of them
- `importing` (import, check), `exchange` (preview, release, sync), `serve` (serve, relay): the verbs
- `assess`, `assess_json`, `assess_words`: what reports are worth on a claim; as JSON; on a terminal
- `demo`: the story on one machine
- `demonstration`: how it is told
"""
