"""One function per AWS command that a fix may use: its words, its effect, its CloudFormation."""
