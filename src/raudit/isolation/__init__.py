"""Processes that read a stranger's file: started, bound, watched, and believed no further than plain data."""
