"""What several commands share: clock, keys, log, progress, secrets."""
