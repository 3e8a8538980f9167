"""The DNS way: who resolves a name for the function, what the answer is, and what hides it."""
