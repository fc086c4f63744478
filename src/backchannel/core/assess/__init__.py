"""What reports and indicators are worth: read, who says what, who took it from whom, how many origins there are.

- `press`: a report as it is read: raw text, what is set aside, paragraphs, sentences, quotations
- `parsed`: sentences as a language model reads them
- `reading`: a report, read; with `sentences`, `quotation` and `set_aside`, the rules of each
- `outlets`: names of outlets in a text, by the table of `outlet_names`; `unknown_outlets`: those that it lacks
- `credits`: who is credited; with `credit_forms` and `post_credits`, the words that make it a credit
- `newsroom`: whose report it is, and what that newsroom heard, saw or asked itself
- `overlap`: what reports have in common word for word, outside quotation marks and inside, for all pairs
- `lineage`: who took what from whom, as `edges`: what is `declared`, what was `copied`, and `shared_quotes`
- `pattern_form`: the normal form of a STIX pattern
- `publishers`: who published what a reference points at
- `origins`: how many independent origins stand behind a value
- `keys`: one hash for all ways to say the same of indicators and observables
- `statements`: who says what, by what word, told to whom, with what stance
- `attribution`: what a tagger finds, and the slot for one
- `statements_rules`: the tagger made of rules
- `statements_find`, `statements_nouns`, `statements_refusals`: verbs; phrases, nouns and adjectives; who will not say
- `statements_quoted`: whose a quotation is
- `statements_spans`, `statements_tree`: how far a part reaches; the tree of a sentence
- `statements_words`: the cues, as word lists
- `statements_speaker`, `statements_told`, `statements_stance`: what is worked out of an attribution
"""
