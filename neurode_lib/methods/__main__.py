"""``python -m neurode_lib.methods``: see ``make methods``."""

from neurode_lib.methods.comparison import main

if __name__ == "__main__":
    main()
