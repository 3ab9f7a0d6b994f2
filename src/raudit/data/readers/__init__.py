"""The one way to read a table: files, folders, archives, databases and frames, for every stage and command."""

from raudit.data.readers.open import open_source
from raudit.data.readers.options import ReadOptions
from raudit.data.readers.source import Gap, StreamedTable
from raudit.data.readers.tables import table_of

__all__ = ["Gap", "ReadOptions", "StreamedTable", "open_source", "table_of"]
