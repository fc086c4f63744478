"""The subject: values in, values out.

Objects, observables, marks, terms, scope, release decisions and vetting. No clock, no randomness, no I/O, no
logging: time and secrets come in as arguments. Everything may import this package; it imports only `errors`.

Objects:
- `stix`: an object, its bytes and a view of them
- `view`: what the holdings know of one beside its bytes
- `stix_ids`: what an id looks like, and those that follow from a value
- `stix_json`: JSON that two readers could understand differently
- `conformance`: the MUST rules of STIX 2.1 that schemas cannot say
- `stix_rules`: what STIX 2.1 says of types, as tables
- `properties`: what types require, and which words are STIX's own
- `age`: how old an object is
- `size`: how much one may hold
- `content`: payloads, programs, credentials
- `text`: strangers' text on our screens
- `lookalike`: names that a reader takes for one and the same

Observables and patterns:
- `observable`: the values that a pattern or an object names
- `canonical`: one spelling for each value
- `internet`: names and addresses
- `url`: URLs
- `networks`: sets of networks
- `pattern`: STIX patterns, parsed
- `stix_tokens`: the words of a pattern
- `poison`: values that would harm us if we acted on them
- `matching`: which values two parties may find out that both hold, in which sizes and order

Names:
- `known_by`: what an object bears
- `mention`: how a term is spelled, and which ones a text could mention
- `threat_names`: which threats a name stands for

Parties and agreements:
- `identity`: keys, the card, fingerprint words
- `marking`: TLP levels and other marks
- `grading`: Admiralty grades
- `agreement`: states and what leads from one to the next
- `recall`: what answers to a recall lead to
- `terms`: read, written, compared
- `term_fields`: their fields
- `term_rules`: what they may say
- `terms_text`: for people
- `provenance`: what is known of an object beside it
- `narrowest`: terms that are both of two
- `scope`: what an agreement speaks about, and the order of telling
- `request`: states of a request for information
- `request_rules`: what one may say

Out:
- `release`: the two calls
- `release_records`: what they take and give
- `release_rules`: the rules on one object
- `release_settle`: closure and mention, on all together
- `release_case`: an object on its way
- `release_copy`: reduced copies
- `release_support`: definitions and their makers
- `release_presence`: what the counterpart has
- `release_terms`: what may not be mentioned
- `onward`: whether another's object may be passed on
- `consent`: states of asking for it
- `release_sources`: what several parties gave leaves once
- `canary`: names of ours that tell whose copy leaked
- `canary_form`: what one looks like
- `canary_search`: finding one in what leaked
- `release_listen`, `release_text`: what leaving objects say, and where
- `release_spoken`: what an officer writes, as if it were an object

In:
- `vetting`: the checks, numbered
- `incoming`: what they take and give
- `vetting_rules`: on one object
- `vetting_batch`: on all together
- `vetting_dependents`: what falls with what is refused
- `vetting_verdicts`: what was found so far

What it is worth:
- `assess` (a package): press reports, who says what, who took it from whom; how many origins a value has
"""
