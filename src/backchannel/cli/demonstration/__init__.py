"""The story that `backchannel demo` runs: two nodes, one agreement, a sample with traps, and what had to hold.

`story` acts, by the commands that a user types; `reading` reads what came of it; `facts` holds that as values;
`expectations` judges the facts; `account` prints them. Only `cli.demo` imports from here.
"""
