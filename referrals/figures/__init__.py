"""Numbers for a clinic and for a practice, counted from the timeline."""
