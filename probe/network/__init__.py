"""The configuration side: a snapshot of the network, and a pure walk through it, hop by hop."""
