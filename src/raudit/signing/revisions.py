"""Cut a PDF into its revisions: the file as it stood after each incremental step."""

from __future__ import annotations

import re
from typing import Any

# ISO 32000-2, 7.5.5: the last line of a section is %%EOF; the line break after it belongs to the revision that wrote it
_END = re.compile(rb"startxref\s+(\d+)\s+%%EOF(\r\n|\n|\r)?")


def revision_ends(pdf: bytes, reader: Any) -> tuple[int, ...]:
    """Find where each cross-reference section's revision ends.

    Parameters
    ----------
    reader
        pyHanko's reader of the same bytes: its chain of sections is what counts, not every ``%%EOF`` that
        happens to stand somewhere in a stream.

    Returns
    -------
    tuple of int
        For each of the reader's revisions, the length of the file up to its end; empty if the sections do not stand
        in the order of their revisions, as in a linearized file.
    """
    ends: list[int] = []
    for number in range(reader.xrefs.total_revisions):
        meta = reader.xrefs.get_xref_container_info(number)
        match = _END.search(pdf, meta.end_location)
        if match is None or int(match[1]) != reader.xrefs.get_startxref_for_revision(number):
            return ()
        if ends and match.end() <= ends[-1]:
            return ()
        ends.append(match.end())
    return tuple(ends)
