"""Compile the catalogues of the browser application: each .po beside its .mo."""

from __future__ import annotations

from pathlib import Path

import polib

LOCALE = Path(__file__).resolve().parent.parent / "src" / "raudit" / "web" / "locale"


def main() -> None:
    """Compile every catalogue."""
    for source in sorted(LOCALE.rglob("*.po")):
        catalogue = polib.pofile(str(source))
        catalogue.save_as_mofile(str(source.with_suffix(".mo")))
        print(f"{source.relative_to(LOCALE)}: {len(catalogue)} texts")


if __name__ == "__main__":
    main()
