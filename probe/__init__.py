"""Why can't my Lambda reach X? Real packets from its real placement, and the cause behind them."""

__version__ = "0.1.0"
