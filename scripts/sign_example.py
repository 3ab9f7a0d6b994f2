"""Write the example's answers file: pin the checklist, and let two roles sign off what it says.

Run after a change to checklists/gdpr-dpia.yaml or to the answers below; a test compares the file with what this gives.
"""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML

from raudit.checklists import answers_sha256, load_checklist, parse_answers
from raudit.checklists.signoff import answer_digests
from raudit.resources import resource_dir

ANSWERS = Path(__file__).resolve().parent.parent / "examples" / "adult-income" / "answers" / "gdpr-dpia.yaml"
SIGNERS = (("dpo", "dpo@example.org"), ("owner", "head-of-lending@example.org"))


def signed(text: str) -> str:
    """The answers with the checklist pinned anew and both sign-offs renewed."""
    yaml = YAML()
    yaml.width, yaml.preserve_quotes = 116, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(text)
    checklist = load_checklist(resource_dir("checklists") / "gdpr-dpia.yaml")
    document["checklist"] = {"id": checklist.id, "version": checklist.file.version, "sha256": checklist.sha256}
    document["signoffs"] = []
    answers = parse_answers(_text(yaml, document), checklist)
    document["signoffs"] = [
        {
            "role": role,
            "decision": "approve_with_conditions",
            "by": by,
            "at": "2026-11-20T16:00:00Z",
            "covers_sha256": answers_sha256(answers),
            "conditions": ["Audit again after every retraining", "Delete contact columns from the audit extract"],
            "covered": dict(answer_digests(answers)),
        }
        for role, by in SIGNERS
    ]
    return _text(yaml, document)


def _text(yaml, document) -> str:  # noqa: ANN001 -- ruamel's types are not public
    import io

    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


if __name__ == "__main__":
    ANSWERS.write_text(signed(ANSWERS.read_text()))
