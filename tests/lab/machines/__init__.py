"""What runs in the network: servers, authorities, names, and who sits on cables."""
