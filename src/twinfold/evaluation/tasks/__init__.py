"""Useful in the tasks of the trade? Scoring, default, churn, fraud, response, lifetime value and segments."""
