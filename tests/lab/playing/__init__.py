"""Playing a scenario: all of it standing, the product run in it, and what came of that.

`lab` puts everything together, `worker` is the process that plays one scenario after another.
"""
