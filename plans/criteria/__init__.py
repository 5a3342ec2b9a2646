"""Bộ tiêu chí: what a year is scored by, the scores, and what they add up to."""
