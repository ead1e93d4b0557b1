"""The app: one module a tab, layout and wiring."""

import os

# Before Pillow is imported: in blocks of this size the memory of a large picture goes back to the system with it, and
# is not kept by each thread that has opened one.
os.environ.setdefault("PILLOW_BLOCK_SIZE", "64m")
