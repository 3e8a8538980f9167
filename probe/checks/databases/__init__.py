"""What to say to a database so that it answers as itself, and to leave without harm.

One module for each protocol, each with one `exchange(link)`. No credentials are ever sent.
"""
