"""The subject: values in, values out.

Objects, observables, marks, terms, scope, release decisions and vetting. No clock, no randomness, no I/O, no
logging: time and secrets come in as arguments. Everything may import this package; it imports only `errors`.
"""
