"""The commands of the command line, one file for what belongs together.

A command reads its input, calls one function of the package, and prints what that gives.
"""
