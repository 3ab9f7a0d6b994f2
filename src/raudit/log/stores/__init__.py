"""Where entries and nodes are kept: SQLite, PostgreSQL, memory."""
