"""The stages: one file or folder each, strangers to one another, found by ``raudit.evidence.discover_stages``."""
