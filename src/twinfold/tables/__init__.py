"""Tables: reading, writing, and what is known of their columns."""
