"""The labelling page: a folder of photos, or the catalog again, one key for each answer.

``server`` answers the browser and ``guard`` decides whom; ``session`` gives photos out of the one
``queue`` and records answers at the ``clerk``; ``children`` decode ahead what ``preparing`` knows.
"""
