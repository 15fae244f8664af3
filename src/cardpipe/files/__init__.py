"""Safe access to files of a project and its repository."""
