"""A small plugin as a stranger would write one, to try the web storey on: books with pages, API and admin."""
