"""What the Space runs, and what ``python app.py`` starts on a laptop."""

from nst.ui import gpu  # noqa: F401  first: on ZeroGPU `spaces` must be imported before anything asks for CUDA
from nst.ui.app import build, launch_options, start_background

demo = build()

if __name__ == "__main__":
    start_background(demo)
    demo.launch(**launch_options())
