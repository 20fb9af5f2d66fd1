"""HDF5 itself, loaded so that it looks for no plug-ins.

Faced with a file it cannot open, HDF5 searches system folders for shared libraries that might, and
loads them. Every other module of this package takes ``h5py`` from here, where that search is off.
"""

from __future__ import annotations

import os

os.environ["HDF5_PLUGIN_PRELOAD"] = "::"

import h5py

# The variable comes too late where the caller had h5py loaded already; empty search paths do not.
while h5py.h5pl.size():
    h5py.h5pl.remove(0)

__all__ = ["h5py"]
