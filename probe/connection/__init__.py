"""One connection: where it may go, how it is made and timed, and what the other side showed."""
