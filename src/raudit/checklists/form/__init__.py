"""The form of a checklist: schema, loading, conditions, and values that are still open."""
