"""What every test starts from."""

import signal

# A shell that starts something in the background has it ignore Ctrl-C, and so would every child.
# Tests that send it, to themselves or to a kernel, must not depend on how they were started.
signal.signal(signal.SIGINT, signal.default_int_handler)
