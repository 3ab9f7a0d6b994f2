"""How identifiable people are: rows that stand alone, keys that join files, coarser columns."""
