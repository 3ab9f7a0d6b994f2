"""Results as rows of a data frame and as a table of a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

MOST = 60
"""Rows of a notebook's table; the frame holds all."""


def as_frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row an object, one column a key, in the order of the first row."""
    import pandas as pd

    return pd.DataFrame(list(rows))


def as_html(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """A table whose every text is escaped, so that data cannot speak to the browser."""
    names = list(rows[0]) if rows else []
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(
        f"<tr>{''.join(f'<td>{_cell(row[name])}</td>' for name in names)}</tr>"
        for row in rows[:MOST]
    )
    more = f"<p>{len(rows) - MOST:,} more rows: to_frame()</p>" if len(rows) > MOST else ""
    return f"<p><b>{escape(title)}</b></p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _cell(value: object) -> str:
    if value is None:
        return ""
    return escape(f"{value:.4g}" if isinstance(value, float) else str(value))
