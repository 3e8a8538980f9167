"""Reading each section of a scenario file: its words, and the sentence for every mistake."""
