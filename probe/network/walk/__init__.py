"""The packet way: one flow, hop by hop, forth and back."""
