"""Focus groups: customers of several personas who answer a moderator, and each other."""
