"""The docs site: the Markdown pages of this folder and API pages from docstrings. Build it with ``make docs``."""

from __future__ import annotations

from pathlib import Path

import raudit

project = "raudit"
author = "raudit maintainers"
copyright = "2026, raudit maintainers"  # noqa: A001 -- Sphinx's own name
version = release = raudit.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["conf.py", "adr/template.md"]
suppress_warnings = [
    "myst.xref_missing"
]  # links out of docs/, such as to examples/, are for readers of the repository

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
python_use_unqualified_type_names = True

html_theme = "pydata_sphinx_theme"
html_title = f"raudit {release}"
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars: dict[str, list[str]] = {"**": ["sidebar-nav-bs"]}
html_copy_source = False


def write_api_page() -> None:
    """Write ``api/names.rst``: one directive for each public name, in the order of ``raudit.__all__``."""
    parts = ["Names", "=====", ""]
    for name in sorted(set(raudit.__all__) - {"__version__"}, key=str.lower):
        kind = "autoclass" if isinstance(getattr(raudit, name), type) else "autofunction"
        members = (
            "   :members:\n"
            if kind == "autoclass" and not issubclass(getattr(raudit, name), Exception)
            else ""
        )
        parts += [f".. {kind}:: raudit.{name}", members]
    (Path(__file__).parent / "api" / "names.rst").write_text("\n".join(parts))


write_api_page()
