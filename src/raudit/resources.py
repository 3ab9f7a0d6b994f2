"""Where checklists, report templates and examples are: inside the wheel, or at the top of a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent.parent


def resource_dir(name: str) -> Path:
    """Find a folder of shipped files.

    Parameters
    ----------
    name
        ``"checklists"``, ``"report_templates"``, ``"examples"`` or ``"schemas"``.

    Returns
    -------
    Path
        The folder inside the installed package if it is there, else the one at the top of the checkout.

    Raises
    ------
    FileNotFoundError
        If neither exists, which means that the installation is damaged.
    """
    for folder in (_PACKAGE / "_resources" / name, _CHECKOUT / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"raudit was installed without its {name} folder; reinstall it")
