"""A drawn sample dataset: cats and other things, for those who have no files at hand.

The scenes are drawn from ellipses, curves and polygons with Pillow, then lit, blurred and made
noisy as a camera would. They stand in for the course's pictures where a person tries the program;
they say nothing about real cats.
"""

from catdata.demo.sample import write_course_pair, write_photos
from catdata.demo.scenes import SCENES, draw_scene

__all__ = ["SCENES", "draw_scene", "write_course_pair", "write_photos"]
