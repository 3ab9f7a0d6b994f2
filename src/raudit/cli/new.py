"""``raudit new``: a working start for a stage, a checklist or a report template, with its test."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click

from raudit.printable import pasted

NEXT = {
    "stage": "cd {folder} && pip install -e . && python -m pytest\n"
    "      then name it in raudit.yaml: stages: {{{name}: {{}}}}",
    "checklist": "python -m pytest {folder}\n      {checklist}",
    "template": "python -m pytest {folder}\n      {template}",
}
_TEXT = {".py", ".toml", ".yaml", ".j2", ".css"}


@click.command(short_help="Write a working start for a stage, a checklist or a report template.")
@click.argument("kind", type=click.Choice(sorted(NEXT)))
@click.argument("name")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Folder to make; by default called NAME.",
)
def command(kind: str, name: str, output: Path | None) -> None:
    """Write a start of KIND called NAME, small enough to read, with a test that passes."""
    from raudit.errors import UsageError
    from raudit.files import write_whole

    pattern = r"[a-z][a-z0-9_]{0,40}" if kind == "stage" else r"[a-z][a-z0-9-]{0,40}"
    if not re.fullmatch(pattern, name):
        raise UsageError(
            "this name cannot be used",
            reference="new-name",
            got=repr(name),
            expected="small letters and digits, a letter first, joined by "
            + ("_" if kind == "stage" else "-"),
        )
    folder = output or Path(name)
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(
            "there is something in this folder already",
            reference="new-exists",
            where=str(folder),
            hint="name another with -o; nothing was written",
        )
    for path, text in _files(kind, name):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, text.encode())
        click.echo(f"wrote {target}")
    words = {
        "folder": shlex.quote(str(folder)),
        "checklist": pasted("assess", "start", folder / f"{name}.yaml"),
        "template": pasted("report", "record.json", "--template", folder / name),
    }
    click.echo("next: " + NEXT[kind].format(name=name, **words))


def _files(kind: str, name: str) -> list[tuple[Path, str]]:
    """Give the files of a start, relative to its folder, with the name put in."""
    from raudit.resources import resource_dir

    start = resource_dir("examples") / "starts" / kind
    upper = name.upper().replace("_", "-")
    files = []
    for source in sorted(path for path in start.rglob("*") if path.suffix in _TEXT):
        path = Path(str(source.relative_to(start)).replace("NAME", name))
        text = source.read_text(encoding="utf-8").replace("NAMEUPPER", upper)
        files.append((path, text.replace("NAME", name)))
    return files
