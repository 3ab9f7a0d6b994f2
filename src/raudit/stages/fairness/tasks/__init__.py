"""One module a task: decisions, scores, ranking, regression, several classes, conditions, a baseline."""
