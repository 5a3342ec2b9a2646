"""Criteria, plans, measures, deadlines, import. It does not know how work is moved."""
