"""The report's three forms: a JSON document, text for a terminal, and its published schemas.

Reporting reads what was concluded. It never opens a connection and never concludes anything.
"""
