"""Plan to record: digest the inputs, open data and model, run every stage, keep what each established.

Stages that only measure run first; those that judge what was measured run last and see the collected facts.
A stage that raises becomes a skipped or failed stage with its reason. Nothing is dropped, and nothing else
in raudit catches every exception.
"""

from raudit.pipeline.inputs import assessment_files, opened_data
from raudit.pipeline.measure import measure
from raudit.pipeline.prepare import Prepared, prepare

__all__ = ["Prepared", "assessment_files", "measure", "opened_data", "prepare"]
