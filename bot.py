"""Start Guildshop's command line."""

import sys

from guildshop.cli import main

if __name__ == "__main__":
    sys.exit(main())
