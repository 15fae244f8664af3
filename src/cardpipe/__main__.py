"""`python -m cardpipe` is the command `cardpipe`."""

from cardpipe.cli.main import main

if __name__ == "__main__":
    main()
