"""What customers say, beside what they do: texts linked to personas, their themes and tone, and where the two part."""
