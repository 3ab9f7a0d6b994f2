"""Which file system a path is on: SQLite's locks and shared memory do not hold across a network."""

from __future__ import annotations

from pathlib import Path

from raudit.errors import LogError

NETWORK = frozenset(
    "nfs nfs4 cifs smb smb2 smb3 smbfs ncpfs afs ceph glusterfs lustre gpfs beegfs ocfs2 gfs2 orangefs pvfs2 acfs "  # noqa: SIM905
    "virtiofs 9p davfs fuse.sshfs fuse.s3fs fuse.gcsfuse fuse.rclone fuse.glusterfs fuse.ceph fuse.davfs "
    "fuse.blobfuse fuse.blobfuse2 fuse.juicefs fuse.goofys".split()
)
"""Kernel names of file systems that other machines may write to."""

_MOUNTS = Path("/proc/self/mountinfo")


def refuse_network(path: Path, *, mounts: Path = _MOUNTS) -> None:
    """Refuse a path on a network file system; where the kernel does not tell, accept.

    Parameters
    ----------
    path
        File that exists or is to be made.
    mounts
        The kernel's list of mounts.

    Raises
    ------
    LogError
        If the path is on a network file system.
    """
    try:
        kind = filesystem_of(
            path.absolute().resolve(), mounts.read_text(encoding="utf-8", errors="replace")
        )
    except (OSError, RuntimeError):  # a link to itself is a RuntimeError up to Python 3.12
        return
    if kind in NETWORK:
        raise LogError(
            "a SQLite log cannot be on a network file system",
            reference="log-network-filesystem",
            where=str(path),
            got=kind,
            expected="a local disk",
            hint="use a local disk, or PostgreSQL for a team: raudit log init postgresql+psycopg://HOST/DATABASE "
            "--key FILE",
        )


def filesystem_of(path: Path, mountinfo: str) -> str:
    """Name the file system of an absolute path from the text of ``mountinfo``; empty if it is not listed.

    References
    ----------
    proc(5): the mount point is the fifth field; the type follows the field that is a lone hyphen.
    """
    best, kind = -1, ""
    for line in mountinfo.splitlines():
        fields = line.split(" ")
        if len(fields) < 7 or "-" not in fields[6:]:
            continue
        point = (
            fields[4]
            .encode()
            .decode("unicode_escape")
            .encode("latin-1", "replace")
            .decode("utf-8", "replace")
        )
        here = Path(point)
        # The last of several mounts on one point hides the others.
        if (path == here or here in path.parents) and len(here.parts) >= best:
            best, kind = len(here.parts), fields[fields.index("-", 6) + 1]
    return kind
