"""``python -m neurode_lib.study``: see ``make study``."""

from neurode_lib.study.run import main

if __name__ == "__main__":
    main()
