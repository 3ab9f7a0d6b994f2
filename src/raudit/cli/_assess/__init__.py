"""The parts of ``raudit assess``."""
