"""The Merkle tree, its proofs, and signed notes (RFC 6962, C2SP)."""
