"""The command line: one thin file a command, found by its name, loaded when it is used.

A module ``raudit.cli.foo_bar`` holds a click command or group called ``command`` and becomes ``raudit foo-bar``.
"""

from __future__ import annotations

import errno
import io
import os
import pkgutil
import stat
import sys
from importlib import import_module
from typing import Any

import click

from raudit import __version__
from raudit.cli._shared.guarded import guarded_output
from raudit.cli._shared.secrets import refuse_secrets, without_secrets
from raudit.errors import RauditError
from raudit.isolation.limits import check_machine, out_of_memory, within_machine
from raudit.printable import for_terminal


class Commands(click.Group):
    """A group whose commands are the modules of this package."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, sorted."""
        return sorted(
            m.name.replace("_", "-")
            for m in pkgutil.iter_modules(__path__)
            if not m.name.startswith("_")
        )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command's module."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name.replace('-', '_')}").command
        return command


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit status: 0 nothing blocks, 1 a blocking finding, 2 wrong usage, 3 could not tell, 4 internal error, "
    "5 nothing evaluated, 6 integrity.",
)
@click.version_option(__version__, prog_name="raudit")
def raudit() -> None:
    """Audit a model, its data and its paperwork; end in a signed report that a stranger can check."""


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit with the documented status.

    A user's mistake prints what, where and what to do, never a traceback. With ``RAUDIT_TRACEBACK=1`` the
    traceback of an internal error is printed too. No file that a command makes is writable by everyone, whatever the
    umask it is started with.
    """
    os.umask(os.umask(0o077) | stat.S_IWOTH)
    _never_fail_to_print()
    try:
        refuse_secrets(sys.argv[1:] if args is None else args)
        check_machine()
        with guarded_output(), within_machine():
            status = raudit.main(args=args, prog_name="raudit", standalone_mode=False)
    except click.exceptions.Exit as stop:
        status = stop.exit_code
    except click.ClickException as error:
        _show(error)
        status = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; nothing was half-written", err=True)
        status = 130
    except RauditError as error:
        click.echo(for_terminal(without_secrets(str(error))), err=True)
        status = error.exit_status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    except Exception as error:  # noqa: BLE001 -- the last line of defence; everything below raises RauditError
        status = _internal(error)
    sys.exit(status if isinstance(status, int) else 0)


def _never_fail_to_print() -> None:
    """Put a mark where a stream's encoding has no character: what cannot be shown must not change how a run ends."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace" if stream is sys.stdout else "backslashreplace")


def _show(error: click.ClickException) -> None:
    """Print click's own message, without a private key that it may quote."""
    text = io.StringIO()
    error.show(file=text)
    click.echo(for_terminal(without_secrets(text.getvalue())), nl=False, err=True)


LOOP = "Symlink loop from "
"""What ``Path.resolve`` says, before Python 3.13, of a link that leads to itself."""


def _internal(error: Exception) -> int:
    """Report a fault of raudit or of the machine; 2 where a person set too low a limit, or gave no possible name."""
    if (at := _circle(error)) is not None:
        click.echo(
            for_terminal(f"error[path-loop]: a link that leads to itself\n  at: {at}"), err=True
        )
        click.echo("  try: check the path", err=True)
        return 2
    if isinstance(error, OSError) and not out_of_memory(error):
        what, at = error.strerror or type(error).__name__, error.filename or "unknown file"
        click.echo(for_terminal(f"error[os]: {what}\n  at: {at}"), err=True)
        click.echo(f"  try: {_remedy(error)}", err=True)
        # No machine makes up a name: one that is too long is what somebody gave.
        return 2 if error.errno == errno.ENAMETOOLONG else 4
    if out_of_memory(error):
        click.echo("error[memory]: the machine gives raudit no more memory", err=True)
        click.echo("  try: end other programs, or raise the limit (ulimit -v)", err=True)
        return 2
    if os.environ.get("RAUDIT_TRACEBACK") == "1":
        import traceback

        traceback.print_exception(error)
    where = _place(error)
    click.echo(f"error[internal]: {type(error).__name__} in raudit itself\n  at: {where}", err=True)
    click.echo(
        "  try: run again with RAUDIT_TRACEBACK=1 and report what it prints (it may hold data values)",
        err=True,
    )
    return 4


def _circle(error: Exception) -> str | None:
    """The path of a link that leads to itself, which ``Path.resolve`` is the first to see; None for another error."""
    if isinstance(error, OSError) and error.errno == errno.ELOOP:
        return str(error.filename or "unknown file")
    said = str(error)
    if isinstance(error, RuntimeError) and said.startswith(LOOP):
        return said.removeprefix(LOOP).strip("'")
    return None


def _remedy(error: OSError) -> str:
    """What helps against this fault of the machine, and not against another."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return "free some space, or write elsewhere"
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return "check the permissions of the file and its folder"
        case errno.ENOENT | errno.ENOTDIR | errno.EISDIR | errno.ENAMETOOLONG | errno.ELOOP:
            return "check the path"
        case errno.EMFILE | errno.ENFILE:
            return "close other programs, or raise the limit of open files (ulimit -n)"
        case _:
            return "run again with RAUDIT_TRACEBACK=1 and report what it prints (it may hold data values)"


def _place(error: Exception) -> str:
    """Module and line where an internal error came from; never its message, which may hold data values."""
    trace: Any = error.__traceback__
    place = "unknown"
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module.startswith("raudit"):
            place = f"{module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
