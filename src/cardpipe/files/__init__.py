"""Files of a project and of its repository, read within bounds."""
