"""The gate: a record, its policy, waivers and baseline become a verdict, outputs and one exit status.

The command line, ``raudit.check``, the pytest plugin, the MLflow logger and the CI actions all call ``check``.
"""

from raudit.checking.inputs import plan_lines, read_record
from raudit.checking.judging import check
from raudit.checking.options import CheckOptions, CheckResult
from raudit.checking.telling import log_events
from raudit.checking.waiving import waiver_for

__all__ = [
    "CheckOptions",
    "CheckResult",
    "check",
    "log_events",
    "plan_lines",
    "read_record",
    "waiver_for",
]
