"""The lab: an emulated AWS network made of a real kernel. Shares no understanding with the product."""
