"""The function: its code, its event, its runtime as Lambda's, and what invoking it comes to."""
