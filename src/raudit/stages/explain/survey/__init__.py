"""What is explained: the task, the groups, the sample of rows, and how steady the answer is."""
