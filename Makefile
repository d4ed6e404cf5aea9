# The tasks of tasks.py, for those who have make: `make` alone lists them, `make book` does one.
# What they do, and how they set themselves up, stands there.

.DEFAULT_GOAL := help

# The first Python on the path that is neither too old nor too new; `make PYTHON=... book` overrides.
IN_RANGE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	"$$python" -c '$(IN_RANGE)' 2>/dev/null && { echo "$$python"; break; }; done)
ifeq ($(strip $(PYTHON)),)
$(error neurode needs Python 3.11, 3.12 or 3.13. Install one of them, or name it: make PYTHON=/path/to/python3.12)
endif

TASKS := $(shell $(PYTHON) tasks.py --names)

.PHONY: help $(TASKS)
help:
	@$(PYTHON) tasks.py

$(TASKS):
	@$(PYTHON) tasks.py $@

# The stamp of a whole environment, by its name.
.PHONY: .venv/.all
.venv/.all: setup
