"""Reads from AWS what one placement and its targets can touch: questions, asked side by side."""
