"""What reports and indicators are worth: who says what, who took it from whom, how many origins stand behind it.

- `press`: a report as it is read: raw text, what is set aside, paragraphs, sentences, quotations
- `parsed`: sentences as a language model reads them
- `pattern_form`: the normal form of a STIX pattern
- `publishers`: who published what a reference points at
- `origins`: how many independent origins stand behind a value
- `keys`: one hash for all ways to say the same of indicators and observables
"""
