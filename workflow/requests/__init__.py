"""Đề nghị of a lead unit: another due date, another lead unit. Each is a case of its own beside the work."""
