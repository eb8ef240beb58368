"""Faithful? useful? safe? Findings about synthetic tables, each with an interval and a yardstick."""
