"""Start the processes that read strangers' files: a fork server imports the libraries once, each file gets a fork.

A new interpreter takes half a second of processor time before it can read a table; a fork takes a few milliseconds. The
server reads no file itself and runs one thread, so that a fork is a whole process. Where a system cannot fork or hand
over open files, each process is an interpreter of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Protocol

from raudit.extras import NO_REPORTS

KEPT = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "VIRTUAL_ENV", "SYSTEMROOT")
"""Variables that a process sees, with those of Python, the locale and the loader; no password or key."""
NUMBER = struct.Struct("<q")
FORKS = sys.platform == "linux"
START = 0
"""The request for a new process; any other number is a process whose end is asked for."""


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """Variables of a process: those that are kept, the same modules as here, and no reports of libraries to makers."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT or name.startswith(("LC_", "LD_", "PYTHON"))
    }
    # The modules of this process, and not those of the folder that holds the file.
    path = os.pathsep.join(place for place in sys.path if place)
    return {**kept, "PYTHONPATH": path, "MALLOC_ARENA_MAX": "2", **NO_REPORTS, **more}


@dataclass(slots=True, weakref_slot=True)
class Worker:
    """A process, and the pipes to it; whoever forgets it ends it."""

    inward: IO[bytes]
    """What it reads."""
    outward: IO[bytes]
    """What it says."""
    owner: Owner
    pid: int
    files: tuple[int, ...] = ()
    """Descriptors of the pipes, where the objects above do not own them."""
    status: int | None = None
    """How it ended, negative for a signal; None while it runs."""
    release: Callable[[], object] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Pipes in a circle of garbage would be closed by nobody, in any order.
        self.release = weakref.finalize(self, _release, self.files, self.pid)

    def kill(self) -> None:
        """End it, from any thread."""
        if self.status is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self.pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)

    def close(self) -> int | None:
        """End it and close its pipes; how it ended, which may be before."""
        self.kill()
        for stream in (self.inward, self.outward):
            with contextlib.suppress(OSError):
                stream.close()
        self.release()
        if self.status is None:
            self.status = self.owner.wait(self.pid)
        return self.status


def _release(files: tuple[int, ...], pid: int) -> None:
    """Close pipes, and end a process that nobody waited for yet."""
    for file in files:
        os.close(file)
    if files:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


class Owner(Protocol):
    """Whoever started a process, and learns of its end."""

    def wait(self, pid: int) -> int | None:
        """Status of a process that has ended or is about to."""
        ...


@dataclass(slots=True)
class Interpreter:
    """A process that is an interpreter of its own."""

    process: subprocess.Popen[bytes]

    def wait(self, pid: int) -> int | None:
        """Status of the process."""
        return self.process.wait()


@dataclass(slots=True)
class ForkServer:
    """The server, from raudit's side."""

    module: str
    """Holds ``serve(inward, outward)``, which each process runs, and imports what that needs."""
    variables: Mapping[str, str] = field(default_factory=dict)
    libraries: tuple[str, ...] = ()
    """Further modules that the server imports, where they are installed."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    channel: socket.socket | None = None
    process: subprocess.Popen[bytes] | None = None
    belongs_to: int = 0

    def start(self) -> Worker:
        """A new process.

        Raises
        ------
        OSError
            If the machine has none left.
        """
        if not FORKS:
            return self._interpreter()
        to_read, inward = os.pipe()
        outward, to_write = os.pipe()
        try:
            with self.lock:
                pid = self._asked(START, [to_read, to_write])
        except BaseException:
            os.close(inward)
            os.close(outward)
            raise
        finally:
            os.close(to_read)
            os.close(to_write)
        streams = os.fdopen(inward, "wb", closefd=False), os.fdopen(outward, "rb", closefd=False)
        return Worker(*streams, owner=self, pid=pid, files=(inward, outward))

    def wait(self, pid: int) -> int | None:
        """Status of a process."""
        if self.channel is None or os.getpid() != self.belongs_to:
            return (
                None  # the server has ended, or is that of a process from which this one was forked
            )
        try:
            with self.lock:
                return self._asked(pid, [])
        except OSError:
            return None

    def _interpreter(self) -> Worker:
        process = subprocess.Popen(  # noqa: S603 -- our own module, by this interpreter
            [sys.executable, "-P", "-m", "raudit.isolation.start", self.module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(self.variables),
        )
        assert process.stdin is not None  # noqa: S101 -- pipes were asked for
        assert process.stdout is not None  # noqa: S101
        return Worker(process.stdin, process.stdout, Interpreter(process), process.pid)

    def _asked(self, number: int, files: list[int]) -> int:
        channel = self._channel()
        try:
            socket.send_fds(channel, [NUMBER.pack(number)], files)
            answer = channel.recv(NUMBER.size, socket.MSG_WAITALL)
        except OSError:
            answer = b""
        if len(answer) < NUMBER.size:
            self.end()
            raise OSError("the server of readers has ended")
        return int(NUMBER.unpack(answer)[0])

    def _channel(self) -> socket.socket:
        """The way to the server, which is started if there is none of this process's own."""
        if self.channel is not None and self.belongs_to == os.getpid():
            return self.channel
        here, there = socket.socketpair()
        with there:
            number = str(there.fileno())
            self.process = subprocess.Popen(  # noqa: S603 -- our own module, by this interpreter
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "raudit.isolation.start",
                    self.module,
                    number,
                    *self.libraries,
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment(self.variables),
                pass_fds=[there.fileno()],
                start_new_session=True,  # Ctrl-C is for raudit, which then ends its readers
            )
        self.channel, self.belongs_to = here, os.getpid()
        atexit.register(self.end)
        return here

    def end(self) -> None:
        """End the server and all that it started."""
        if self.channel is None or self.process is None or self.belongs_to != os.getpid():
            return
        self.channel.close()
        self.channel = None
        self.process.wait()


def serve_forks(channel: socket.socket, module: str, libraries: Sequence[str]) -> None:
    """Fork a process for each request, until raudit is gone; then end those that are left."""
    work = importlib.import_module(module).serve
    for name in libraries:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    running: set[int] = set()
    while True:
        request, files, _flags, _address = socket.recv_fds(channel, NUMBER.size, 2)
        if len(request) < NUMBER.size:
            break
        number = int(NUMBER.unpack(request)[0])
        if number == START:
            number = os.fork()
            if number == 0:
                _become(channel, files, work)
            running.add(number)
            for file in files:
                os.close(file)
        else:
            running.discard(number)
            _pid, ended = os.waitpid(number, 0)
            number = os.waitstatus_to_exitcode(ended)
        channel.sendall(NUMBER.pack(number))
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def _become(channel: socket.socket, files: list[int], work: object) -> None:
    """Be the new process, and never return."""
    try:
        channel.close()
        assert callable(work)  # noqa: S101
        work(os.fdopen(files[0], "rb"), os.fdopen(files[1], "wb"))
    finally:
        os._exit(0)  # not waiting for threads or destructors of a library that read a hostile file


def main() -> None:
    """Serve forks on the socket that was handed over, or be one process whose pipes are the standard streams."""
    module, *handed_over = sys.argv[1:]
    if handed_over:
        number, *libraries = handed_over
        serve_forks(socket.socket(fileno=int(number)), module, libraries)
        return
    outward = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # libraries print; what they print is no message
    importlib.import_module(module).serve(sys.stdin.buffer, outward)
    os._exit(0)


if __name__ == "__main__":
    main()
