"""What reports and indicators are worth: read, who says what, who took it from whom, how many origins there are.

Read:
- `press`: a report as it is read: raw text, what is set aside, paragraphs, sentences, quotations
- `reading`: a report, read
- `sentences`, `quotation`, `set_aside`: the rules of each

Who took it from whom:
- `outlets`, `outlet_names`, `unknown_outlets`: names of outlets in a text; the table of them; those that it lacks
- `credits`: who is credited
- `credit_forms`, `post_credits`: the words that make it a credit; credits that name a post
- `newsroom`: whose report it is, and what that newsroom heard, saw or asked itself
- `overlap`: what reports have in common word for word, outside quotation marks and inside, for all pairs
- `lineage`: who took what from whom
- `edges`, `declared`, `copied`, `shared_quotes`: what lineage is made of, and its rules

Who says what:
- `parsed`: sentences as a language model reads them
- `statements`: who says what, by what word, told to whom, with what stance
- `attribution`: what a tagger finds, and the slot for one
- `statements_rules`: the tagger made of rules
- `tagger_features`, `tagger_labels`, `tagger_join`: what a trained one is told, what it answers, and what that makes
- `exact_spans`: how many of its spans are right
- `statements_find`, `statements_nouns`, `statements_refusals`: verbs; phrases, nouns and adjectives; who will not say
- `statements_quoted`: whose a quotation is
- `statements_spans`, `statements_tree`: how far a part reaches; the tree of a sentence
- `statements_words`: the cues, as word lists
- `statements_speaker`, `statements_told`, `statements_stance`: what is worked out of an attribution

What is known on a question:
- `assessment`: reports heard, and an answer to a question; where all of this comes together
- `relevance`: how near texts are to a question, and the slot for what judges it
- `voices`, `on_claim`, `attitudes`, `collector`: who speaks on a claim; found in a report; for or against; to whom
- `handed_on`: what an outlet passes on as its own report
- `asserting`: whether a speaker asserts what is said
- `profiles`, `bodies`, `countries`, `speaker_words`: what a speaker is; the organisations and countries spoken for
- `parties`, `grouping`: one speaker, one body, one side, over several reports
- `apart`, `contested`: how many parties cannot be one voice; what reports say of one against each other
- `chains`: the newsrooms that heard it for themselves
- `independence`: how many independent origins affirm, at each level, and who denies
- `credibility`: the digit of the Admiralty grade, by a printed table
- `grading`: the whole grade, and what an analyst sets instead
- `summary`: an answer in one sentence, and what stands for a party
- `figures`, `utterances`: figures that contradict; one statement in several wordings
- `suggestions`: questions that reports suggest

How many origins:
- `pattern_form`: the normal form of a STIX pattern
- `keys`: one hash for all ways to say the same of indicators and observables
- `publishers`: who published what a reference points at
- `origins`: how many independent origins stand behind a value

What comes back:
- `traces`: what content is known again by when it comes back
- `echo`, `echo_words`: whether it is what we released; that in words
"""
