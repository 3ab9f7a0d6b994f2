"""The JSON Schema of one recorded turn, as a program writes it for raudit: one object a line, or one row of a table."""

from __future__ import annotations

from typing import Any

from raudit.turns.mapping import FAMILIES, LABELS, NOT_NEGATIVE, NUMBERS, TEXTS, TRUTHS

MEANINGS = {
    "prompt": "What the model was asked.",
    "output": "What it answered.",
    "system": "The instructions it was given.",
    "context": "What it was given to answer from.",
    "error": "Why there is no answer.",
    "turn_id": "Names the call; a second row with the same id is a repetition or a contradiction.",
    "conversation_id": "Conversation that the call belongs to.",
    "pair_id": "Same text, with the group swapped: all variants of one pair.",
    "item_id": "Same question, asked of several models or prompt versions.",
    "variant": "Which of the pair it is.",
    "decision": "What was decided, such as invite.",
    "control": "Control against attacks that the turn tests.",
    "model": "Model that answered, with its version.",
    "prompt_version": "Version of the prompt.",
    "time": "When, as ISO 8601.",
    "passed": "Whether the test of the tool passed.",
    "refused": "Whether the model refused.",
    "grounded": "Whether the answer is borne out by its context.",
    "helpful": "Whether the answer helps.",
    "attacked": "Whether the attack succeeded.",
    "downvoted": "Whether the user voted it down.",
    "escalated": "Whether it went to a person.",
    "resolved": "Whether the matter was settled.",
    "reopened": "Whether it was opened again.",
    "abandoned": "Whether the user left.",
    "deflected": "Whether no person was needed.",
    "cached": "Whether the answer came from a cache; it has no latency or cost, and is no repeat.",
    "score": "Number that was given.",
    "rank": "Place that was given, 1 is first.",
    "repeat": "Number of the repetition of the same input, from 1.",
    "latency_ms": "Time to the whole answer, in milliseconds.",
    "cost_usd": "Cost of the call, in US dollars.",
    "tokens_in": "Tokens of the prompt.",
    "tokens_out": "Tokens of the answer.",
}
FAMILY_MEANINGS = {
    "group": "Group of the person, such as group.gender.",
    "human": "Label that a person gave, one name a rater.",
    "judge": "Label that a model or a string match gave.",
    "label": "Any other label.",
    "answer": "What an option of a multiple choice stands for.",
}


def turns_json_schema() -> dict[str, Any]:
    """Schema of ``raudit.turns/1``; a row that it accepts is read without an unreadable value."""
    kinds: dict[str, dict[str, Any]] = {
        **{key: {"type": ["string", "null"]} for key in TEXTS},
        **{key: {"type": ["string", "integer", "null"]} for key in LABELS},
        **{key: {"type": ["boolean", "null"]} for key in TRUTHS},
        **{key: {"type": ["number", "null"]} for key in NUMBERS},
        **{key: {"type": ["number", "null"], "minimum": 0} for key in sorted(NOT_NEGATIVE)},
    }
    properties = {name: {**kind, "description": MEANINGS[name]} for name, kind in kinds.items()}
    properties["turn_id"] = {
        "type": ["string", "integer"],
        "minLength": 1,
        "description": MEANINGS["turn_id"],
    }
    properties["status"] = {
        "enum": ["answered", "error", "blocked"],
        "description": "Whether there is an answer; blocked if the provider withheld it.",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "raudit.turns/1",
        "title": "A recorded turn of a language model",
        "description": "One call of a model: an object a line of JSON lines, or a row of CSV or Parquet.",
        "type": "object",
        "required": ["turn_id", "status"],
        "properties": dict(sorted(properties.items())),
        "patternProperties": {
            rf"^{family}\..+": {
                "type": ["string", "integer", "boolean", "null"],
                "description": FAMILY_MEANINGS[family],
            }
            for family in FAMILIES
        },
        "additionalProperties": {"description": "Not read, unless the plan names it under fields."},
    }
