"""What ``cli.py`` does, one module per command; imported when the command runs, so that --help stays quick."""
