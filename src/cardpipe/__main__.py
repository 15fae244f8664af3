"""Run `cardpipe` as `python -m cardpipe`."""

import sys

if __name__ == "__main__":
    # With -m, Python looks for modules in the working folder first: a `signal.py` of a repository would be run.
    if not sys.flags.safe_path:
        del sys.path[0]

    from cardpipe.cli.main import main

    main()
