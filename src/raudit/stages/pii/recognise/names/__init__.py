"""Names of persons in sentences: by lists, by the words beside them, and by the language model, one of several voices.

A model knows names of some origins better than of others. What people write around a name does not depend on where it
comes from, so it is weighed together with lists from all origins.
"""

from raudit.stages.pii.recognise.names.lists import name_lists
from raudit.stages.pii.recognise.names.pairs import holds_full_name, in_marks
from raudit.stages.pii.recognise.names.persons import in_dictionary, persons_in_text, refuted
from raudit.stages.pii.recognise.names.things import THING, may_be_family

__all__ = [
    "THING",
    "holds_full_name",
    "in_dictionary",
    "in_marks",
    "may_be_family",
    "name_lists",
    "persons_in_text",
    "refuted",
]
