"""What changed between two configurations or two reports, and whether it explains what broke.

`records` reads either into plain values, `changes` compares those, `reports` asks what they
explain, and `files` takes whichever two were saved.
"""
