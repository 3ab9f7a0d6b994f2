"""What is measured on recorded turns, one file a question."""
