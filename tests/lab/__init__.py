"""The lab: AWS networks made of a real kernel. Shares no understanding with the product."""
