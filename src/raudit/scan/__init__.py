"""``raudit pii``: scan files, folders and databases without a plan, and write redacted copies."""
