"""A PostgreSQL server on loopback, from the system's package, for the length of a ``with``."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def postgres_server() -> Iterator[str]:
    """Host and port of a fresh server, whose superuser ``owner`` needs no password; a skip where there is none."""
    programs, owner = _programs(), _owner()
    pytest.importorskip(
        "psycopg", reason="psycopg is not installed (pip install 'raudit[postgres]')"
    )
    folder = Path(tempfile.mkdtemp(prefix="raudit-pg-"))
    if os.getuid() == 0:
        shutil.chown(folder, owner)

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), "-D", str(folder / "data"), *arguments]
        if os.getuid() == 0:
            command = ["setpriv", f"--reuid={owner}", "--clear-groups", *command]
        subprocess.run(
            command, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )

    run("initdb", *["-U", "owner", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"])
    settings = f"listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    for tries_left in (2, 1, 0):
        port = free_port()
        options = f"-p {port} -c {settings} -c max_connections=60"
        try:
            run(
                "pg_ctl",
                "-w",
                "-t",
                "300",
                "-l",
                str(folder / "server.log"),
                "-o",
                options,
                "start",
            )
            break
        except subprocess.CalledProcessError:
            # Somebody else took the port between our look and the server's.
            if not tries_left:
                raise
    try:
        yield f"127.0.0.1:{port}"
    finally:
        run("pg_ctl", "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)


def free_port() -> int:
    """A port of loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _programs() -> Path:
    """Debian keeps them out of the path, by version."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    found = versions[-1] if versions else shutil.which("postgres")
    if not found:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    return Path(found).parent


def _owner() -> str:
    """Who runs the server, which refuses to run as root."""
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid()).pw_name
    names = {entry.pw_name for entry in pwd.getpwall()}
    owner = next((name for name in ("postgres", "nobody") if name in names), "")
    if not owner:
        pytest.skip("PostgreSQL does not run as root, and there is no other user")
    return owner
