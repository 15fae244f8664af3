"""Progress of learners on the site: the file that they export, and how it comes into Anki."""
