"""Đợt tự chấm: a set's criteria shared out to units, scored by them, closed by leadership, appraised, explained, final."""
