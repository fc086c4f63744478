"""Adapters for what the field publishes: STIX 2.0 and 2.1, MISP, indicator lists, press reports; the OASIS schemas.

May import `flow`, `protocol`, `core` and `errors`; never `store` or `carriers`.

- `reading`: any file, as items
- `recognise`: what it is
- `items`: what reading gives
- `stix`: bundles as a stream
- `stix_split`, `stix_window`: cut without being held
- `upgrade`, `upgrade_observed`: 2.0 to 2.1
- `schemas`: the validator
- `stix_plain_schema`: the common case
- `stix_schema_errors`: violations as sentences
- `misp`: events as STIX
- `misp_records`: made complete before
- `misp_event`: STIX as an event
- `taxii_envelope`: what a TAXII server gives, as a stream
- `indicators`: lists as STIX
- `indicators_text`, `indicators_csv`: the two kinds
- `columns`, `entries`, `lines`: their parts
- `generate`: objects made here
- `press`: reports as they come in
- `press_text`: out of files of text
- `pages`, `page_reader`, `page_limits`: out of web pages, by a process that may fail
- `press_doubts`: what is unusual about a text
- `press_items`: reports as STIX, and back
- `galaxies`: other names of a threat
- `warninglists`: popular names and addresses
- `language`: English sentences as trees
- `tagger`: who says what by a trained model, on onnxruntime
- `tagger_file`: what such a file may be
- `tagger_training`: how it is made
- `attribution_corpus`: texts whose attribution is known
- `embedding`: how near texts are in meaning, by MiniLM on onnxruntime
- `assessment_page`: an assessment as one page of HTML
- `assessment`: its templates
- `assessment_view`, `assessment_evidence`, `assessment_text`: what stands on it, as values fit to be shown
- `assessment_stix`, `assessment_stix_text`: an assessment as STIX 2.1
- `lineage_svg`, `lineage_graph`, `lineage_layout`: the drawing of who took what from whom
"""
