"""Policies: what each purpose accepts of a synthetic table, with a reason for each limit, as files that people sign."""
