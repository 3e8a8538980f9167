"""Fixes: the smallest change that opens a path, as words, as commands, and as data walked again."""
