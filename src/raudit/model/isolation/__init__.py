"""A model lives in a process of its own, under limits and a guard."""
