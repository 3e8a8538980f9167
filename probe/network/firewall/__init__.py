"""Network Firewall: policies, stateless and stateful rules, and what they say of one flow."""
