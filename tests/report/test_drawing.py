"""What WeasyPrint is loaded with."""

from __future__ import annotations

import subprocess
import sys

_NO_PROCESS = """
import sys
started = []
sys.addaudithook(lambda name, values: started.append(values) if name == "subprocess.Popen" else None)
import ctypes.util
before = ctypes.util.find_library
from raudit.report.drawing import weasyprint
assert ctypes.util.find_library is before, "others are asked again afterwards"
print(len(started), weasyprint.text.ffi.harfbuzz_subset is not None)
"""


def test_no_compiler_is_asked_where_a_library_lies() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _NO_PROCESS], capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[0] == "0"
