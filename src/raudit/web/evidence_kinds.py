"""Which files evidence may be."""

from __future__ import annotations

EVIDENCE_MAX = 50 << 20
EVIDENCE_ENDINGS = frozenset(
    [
        ".pdf",
        ".png",
        ".jpg",
        ".jpeg",
        ".txt",
        ".md",
        ".csv",
        ".tsv",
        ".json",
        ".yaml",
        ".yml",
        ".docx",
        ".xlsx",
        ".pptx",
        ".odt",
        ".ods",
        ".html",
        ".eml",
        ".zip",
        ".svg",
    ]
)
