"""Phối hợp: the lead unit asks another unit for its input, by a day of its own; each request is a case beside the work."""
