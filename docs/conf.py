"""Configuration of the documentation: `make docs`."""

from __future__ import annotations

import sys
from pathlib import Path

import chipsim

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "chipsim"
author = "the chipsim developers"
copyright = f"2026, {author}"
version = release = chipsim.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_click",
    "sphinx_copybutton",
    "sphinx.ext.duration",
    "executed",
    "reference_pages",
]
exclude_patterns = ["_build", "_ext"]
source_suffix = {".md": "myst-nb"}
# Backquotes in docstrings are code.
default_role = "literal"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True

autodoc_typehints = "description"
autodoc_member_order = "bysource"

html_theme = "furo"
html_title = f"chipsim {version}"
html_static_path = ["_static"]
html_css_files = ["chipsim.css"]
html_show_sourcelink = False
html_copy_source = False
copybutton_selector = "div:not(.output) > div.highlight > pre"
