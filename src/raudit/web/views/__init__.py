"""Pages: each reads files, calls what the command line calls, and renders."""
