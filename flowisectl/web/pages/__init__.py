"""Pages for people: the queue, the form to log in, the front page."""
