"""Many functions at once: every distinct placement of accounts and Regions, and what breaks them.

`placements` groups functions, `targets` guesses what they want to reach, `network` reads each
network once and walks from every placement, `summary` says which component breaks how many.
`audit` does all that from a terminal; `steps` are the same as steps of a state machine.
"""
