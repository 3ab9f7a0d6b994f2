"""Names of persons in sentences: by lists, by the words beside them, and by the language model, one of several voices.

A model knows names of some origins better than of others. What people write around a name does not depend on where it
comes from, so it is weighed together with lists from all origins.
"""

from raudit.stages.pii.recognise.names.persons import persons_in_text

__all__ = ["persons_in_text"]
