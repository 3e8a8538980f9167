"""Fixes: each is tried on a network in which its cause holds, and on one where another does."""
