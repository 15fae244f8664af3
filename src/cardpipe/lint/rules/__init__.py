"""The rules that come with cardpipe, one subject a module; each offers `RULES` through an entry point."""
