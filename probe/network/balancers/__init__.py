"""Load balancers: what listens, in which zones, and which targets are behind."""
