"""The course's HDF5 form: read it and trust nothing, write it, and recognise what is none.

``storage`` and ``chunks`` say what may lie in a file, ``content`` and ``record`` what it must mean;
``reading``, ``pairs`` and ``writing`` are the ways in and out. Only this package knows h5py.
"""

from catdata.h5file.form import (
    CLASS_NAMES,
    FILE_NAMES,
    KNOWN_LEAK,
    KNOWN_PAIR,
    SPLITS,
    ImageSet,
    RowSources,
)
from catdata.h5file.pairs import OpenPair, Pair, open_pair, read_pair
from catdata.h5file.reading import SplitFile, open_split, read_split
from catdata.h5file.recognise import NotHdf5, describe_not_hdf5, is_genuine
from catdata.h5file.writing import set_build_id, write_course_file, write_split

__all__ = [
    "CLASS_NAMES",
    "FILE_NAMES",
    "KNOWN_LEAK",
    "KNOWN_PAIR",
    "SPLITS",
    "ImageSet",
    "NotHdf5",
    "OpenPair",
    "Pair",
    "RowSources",
    "SplitFile",
    "describe_not_hdf5",
    "is_genuine",
    "open_pair",
    "open_split",
    "read_pair",
    "read_split",
    "set_build_id",
    "write_course_file",
    "write_split",
]
