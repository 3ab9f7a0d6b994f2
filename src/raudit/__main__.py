"""``python -m raudit``."""

from raudit.cli import main

main()
