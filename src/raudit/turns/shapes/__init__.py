"""Code that puts the rows of one tool together where paths alone cannot."""
