"""The wheel is the product: installed into an empty environment it runs the bundled audit, with the network cut."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def unshare_works():
    if shutil.which("unshare") is None:
        return False
    return (
        subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0
    )


@pytest.fixture(scope="module")
def offline():
    """A prefix for commands that cuts the network."""
    if not unshare_works():
        pytest.skip("this machine does not allow network namespaces")
    return ["unshare", "-rn"]


@pytest.mark.slow
def test_the_bundled_audit_runs_and_verifies_without_network(offline, tmp_path):
    done = subprocess.run(
        [*offline, sys.executable, "-m", "raudit", "demo", "demo"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "(verified, pages compared with the record)" in done.stdout
    assert "Verdict: blocked" in done.stdout
    for word in ("Traceback", "ConnectionError", "Errno -3", "resolve"):
        assert word not in done.stderr
    record = (tmp_path / "demo" / "record.json").read_text()
    assert '"outcome":"failed"' not in record
    assert '"outcome":"skipped"' not in record


@pytest.mark.slow
def test_the_wheel_brings_everything_the_bundled_audit_needs(tmp_path):
    """The wheel is unpacked apart from the checkout and run with the libraries of this environment."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not here to build the wheel")
    dist, site, empty = tmp_path / "dist", tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    subprocess.run([uv, "build", "--wheel", "-q", "-o", str(dist), str(ROOT)], check=True)
    (wheel,) = dist.glob("*.whl")
    shutil.unpack_archive(wheel, site, "zip")
    code = (
        f"import sys; sys.path.insert(0, {str(site)!r}); import raudit; print(raudit.__file__);"
        "from raudit.cli import main; main(['demo', '-q'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=empty, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(site))
    assert (empty / "demo" / "report.pdf").is_file()
