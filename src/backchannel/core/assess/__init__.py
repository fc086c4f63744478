"""What reports and indicators are worth: read, who says what, who took it from whom, how many origins stand behind
it.

- `press`: a report as it is read: raw text, what is set aside, paragraphs, sentences, quotations
- `parsed`: sentences as a language model reads them
- `statements`: who says what, by what word, told to whom, with what stance
- `attribution`: what a tagger finds, and the slot for one
- `statements_rules`: the tagger made of rules
- `statements_find`, `statements_nouns`, `statements_refusals`: verbs; phrases, nouns and adjectives; who will not say
- `statements_quoted`: whose a quotation is
- `statements_spans`, `statements_tree`: how far a part reaches; the tree of a sentence
- `statements_words`: the cues, as word lists
- `statements_speaker`, `statements_told`, `statements_stance`: what is worked out of an attribution
"""
