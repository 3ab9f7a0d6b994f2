"""Tables of databases, warehouses and clusters, read once and in one consistent state."""

from raudit.data.databases.open import open_staying, open_table
from raudit.data.databases.table_read import TableRead

__all__ = ["TableRead", "open_staying", "open_table"]
