"""The engine: flows, steps, submissions, inbox, reminders."""
