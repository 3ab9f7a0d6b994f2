"""Where the tables of a scan come from: the readers that every stage and command shares."""

from __future__ import annotations

from raudit.data.readers import Gap, ReadOptions, StreamedTable, open_source, table_of

__all__ = ["Gap", "ReadOptions", "StreamedTable", "open_source", "table_of"]
