"""Code hosts: events of their builds, their APIs, and the comment on a pull request or merge request."""
