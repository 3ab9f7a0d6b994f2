"""Keys, PAdES signatures, time stamps, and what a verifier accepts: this room sees bytes and digests only."""
