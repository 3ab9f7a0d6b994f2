"""Commands of ``raudit log``, by what they are for."""
