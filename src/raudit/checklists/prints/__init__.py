"""What is printed of answers: the launch page, requirements, the risk register."""
