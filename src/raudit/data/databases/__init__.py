"""Tables of databases, warehouses and clusters, read once and in one consistent state."""

from raudit.data.databases.open import TableRead, open_table

__all__ = ["TableRead", "open_table"]
