"""Types for text, strictly and afterwards: a column of text is numbers only if every cell is written as one.

``007``, ``NA``, ``T`` and ``1 000`` stay what they are, unless the plan declares the marks of numbers.
"""

from __future__ import annotations

import re
from typing import Any

from raudit.plan.schema import Numbers

SHORT = "(0|[1-9][0-9]{0,17})"
LONG = "[1-9][0-9]{18,}"
"""A whole number that a fraction cannot hold: most likely it numbers something, and two of them must not become one."""
TAIL = r"(\.[0-9]+([eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+)"
INTEGER = f"^-?{SHORT}$"
NUMBER = f"^-?({SHORT}{TAIL}?|{LONG}{TAIL})$"


def type_written(column: Any, numbers: Numbers) -> Any:
    """A chunked column of text as whole numbers or numbers, if every cell that is not missing is one."""
    import pyarrow as pa

    if _every(column, INTEGER):
        return column.cast(pa.int64())
    plain = numbers == Numbers()
    if plain or not _every(column, _pattern(numbers)) or _any(column, _long(numbers)):
        return (
            column.cast(pa.float64())
            if numbers.decimal == "." and _every(column, NUMBER)
            else column
        )
    return _converted(column, numbers)


def _pattern(numbers: Numbers) -> str:
    decimal = re.escape(numbers.decimal)
    whole = "(0|[1-9][0-9]*)"
    if numbers.thousands:
        whole = f"(0|[1-9][0-9]*|[1-9][0-9]{{0,2}}({re.escape(numbers.thousands)}[0-9]{{3}})+)"
    return f"^-?{whole}({decimal}[0-9]+)?([eE][+-]?[0-9]+)?$"


def _long(numbers: Numbers) -> str:
    """A whole number of more than 18 digits, with declared marks."""
    mark = f"{re.escape(numbers.thousands)}?" if numbers.thousands else ""
    return f"^-?[1-9]({mark}[0-9]){{18,}}$"


def _converted(column: Any, numbers: Numbers) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if numbers.thousands:
        column = pc.replace_substring(column, numbers.thousands, "")
    if _every(column, INTEGER):
        return column.cast(pa.int64())
    return pc.replace_substring(column, numbers.decimal, ".").cast(pa.float64())


def _any(column: Any, pattern: str) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.match_substring_regex(column, pattern)).as_py())


def _every(column: Any, pattern: str) -> bool:
    import pyarrow.compute as pc

    return bool(pc.all(pc.match_substring_regex(column, pattern), min_count=1).as_py())
