"""What the process that reads a stranger's model may still do: read its libraries and the one file, and compute.

Landlock takes away every path but those named, for good; a seccomp filter takes away sockets, new processes and the
memory of other processes. Both are the Linux kernel's, asked for without privileges, and cannot be lifted again. Where
the kernel has neither, nothing is taken away, and both functions say so.

References
----------
landlock(7), ``include/uapi/linux/landlock.h``; seccomp(2), ``include/uapi/linux/seccomp.h`` and ``filter.h``.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import raudit

LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1
READ_FILE, READ_DIR = 1 << 2, 1 << 3
FS_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many rights on files each version of Landlock knows; later ones know 16."""

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, SIGKILL = 1, 38, 9
SECCOMP_SET_MODE_FILTER, FILTER_FLAG_TSYNC = 1, 1
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
EPERM, ENOSYS = 1, 38
CLONE_THREAD = 0x00010000
X32_BIT = 0x40000000


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Numbers of one processor architecture's system calls."""

    audit_arch: int
    seccomp: int
    clone: int
    clone3: int
    refused: tuple[int, ...]


MACHINES = {
    "x86_64": Machine(
        audit_arch=0xC000003E,
        seccomp=317,
        clone=56,
        clone3=435,
        # socket connect accept bind listen socketpair accept4 · fork vfork execve execveat · kill pidfd_send_signal
        # ptrace process_vm_readv process_vm_writev · bpf io_uring_setup (which opens sockets without socket(2))
        refused=(41, 42, 43, 49, 50, 53, 288, 57, 58, 59, 322, 62, 424, 101, 310, 311, 321, 425),
    ),
    "aarch64": Machine(
        audit_arch=0xC00000B7,
        seccomp=277,
        clone=220,
        clone3=435,
        # socket socketpair bind listen accept connect accept4 · execve execveat · kill pidfd_send_signal
        # ptrace process_vm_readv process_vm_writev · bpf io_uring_setup
        refused=(198, 199, 200, 201, 202, 203, 242, 221, 281, 129, 424, 117, 270, 271, 280, 425),
    ),
}


def close_network() -> bool:
    """Give up, for this process and for good, sockets, new processes and the memory of others.

    Returns
    -------
    bool
        Whether the kernel took them away.
    """
    libc = _unprivileged()
    return libc is not None and _seccomp(libc)


def close_files(files: Iterable[Path]) -> int:
    """Give up, for this process and for good, every file but these and the installed libraries, and all writing.

    Parameters
    ----------
    files
        Files that may still be read, or folders with all that is in them.

    Returns
    -------
    int
        Version of Landlock that holds; 0 if the kernel has none.
    """
    libc = _unprivileged()
    return 0 if libc is None else _landlock(libc, [*files, *libraries()])


def _unprivileged() -> ctypes.CDLL | None:
    """The C library, once this process can gain no privilege; None where that cannot be asked for."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
    return None if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) else libc


def libraries() -> list[Path]:
    """Where Python, its packages and the system's libraries are, and what they ask of the processor."""
    named = {
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        sys.prefix,
        str(Path(raudit.__file__).resolve().parent),
        *(
            "/lib",
            "/lib64",
            "/usr/lib",
            "/usr/lib64",
            "/usr/local/lib",
            "/usr/share/zoneinfo",
            "/etc/ld.so.cache",
        ),
        *(
            "/proc/self",
            "/proc/cpuinfo",
            "/proc/meminfo",
            "/proc/stat",
            "/sys/devices/system",
            "/sys/fs/cgroup",
            "/dev/null",
        ),
        *("/dev/urandom", "/etc/localtime"),
    }
    return [Path(name) for name in sorted(named)]


def _landlock(libc: ctypes.CDLL, paths: Iterable[Path]) -> int:
    version: int = libc.syscall(LANDLOCK_CREATE_RULESET, None, 0, CREATE_RULESET_VERSION)
    if version < 1:
        return 0
    rights = (1 << FS_RIGHTS.get(version, 16)) - 1
    # struct landlock_ruleset_attr grew: files, then TCP (version 4), then signals and abstract sockets (version 6).
    attributes = struct.pack("QQQ", rights, 3, 3)[: 8 if version < 4 else 16 if version < 6 else 24]
    rules = libc.syscall(LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0)
    if rules < 0:
        return 0
    try:
        for path in paths:
            _allow(libc, rules, path)
        return 0 if libc.syscall(LANDLOCK_RESTRICT_SELF, rules, 0) else version
    finally:
        os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, path: Path) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no permission
    try:
        access = READ_FILE | READ_DIR if path.is_dir() else READ_FILE
        libc.syscall(
            LANDLOCK_ADD_RULE, rules, RULE_PATH_BENEATH, struct.pack("=Qi", access, place), 0
        )
    finally:
        os.close(place)


def _seccomp(libc: ctypes.CDLL) -> bool:
    machine = MACHINES.get(platform.machine())
    if machine is None:
        return False
    code = program(machine)
    buffer = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog: the number of instructions, and where they are.
    filter_ = struct.pack("HP", len(code) // 8, ctypes.addressof(buffer))
    # TSYNC: threads that a library started on import are bound as well.
    return bool(
        libc.syscall(machine.seccomp, SECCOMP_SET_MODE_FILTER, FILTER_FLAG_TSYNC, filter_) == 0
    )


def program(machine: Machine) -> bytes:
    """The filter in classic BPF: refuse the listed calls, new processes (not threads), and other architectures."""
    load, equal, at_least, any_bit, end = 0x20, 0x15, 0x35, 0x45, 0x06
    number_at, arch_at, first_argument_at = 0, 4, 16  # struct seccomp_data, little-endian

    def step(kind: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
        return struct.pack("HBBI", kind, then, otherwise, value)

    refuse = step(end, ERRNO | EPERM)
    steps = [
        step(load, arch_at),
        step(equal, machine.audit_arch, 1),
        step(end, KILL),
        step(load, number_at),
        step(at_least, X32_BIT, 0, 1),
        step(end, KILL),
    ]
    for number in machine.refused:
        steps += [step(equal, number, 0, 1), refuse]
    # Flags of clone3 are in memory, where no filter sees them: without it, libc uses clone.
    steps += [step(equal, machine.clone3, 0, 1), step(end, ERRNO | ENOSYS)]
    steps += [
        step(equal, machine.clone, 0, 3),
        step(load, first_argument_at),
        step(any_bit, CLONE_THREAD, 1, 0),
        refuse,
        step(end, ALLOW),
    ]
    return b"".join(steps)
