"""New York City Local Law 144: impact ratios, and the check of published audits."""
