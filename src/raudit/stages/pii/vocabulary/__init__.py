"""Words and lists: entity types, names of columns, names of persons, languages, masks."""
