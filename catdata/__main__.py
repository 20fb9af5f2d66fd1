"""Run the command line with ``python -m catdata``."""

from catdata.cli import main

main()
