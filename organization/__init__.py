"""Units, people, posts, delegation, working days, sign-in."""
