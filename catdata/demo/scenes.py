"""The table of scenes: what each kind of picture shows, from backdrop to camera."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from catdata.demo.backdrops import backdrop
from catdata.demo.camera import photograph
from catdata.demo.canvas import Canvas
from catdata.demo.cats import draw_cat
from catdata.demo.colours import (
    GREENS,
    LEAVES,
    WOODS,
    any_colour,
    chosen,
    darker,
    lighter,
    mix,
    palette,
    varied,
)
from catdata.demo.dogs import draw_dog
from catdata.demo.faces import draw_face
from catdata.demo.flowers import draw_flower
from catdata.demo.fruit import FRUIT
from catdata.demo.houses import draw_house, draw_tower, draw_tree
from catdata.demo.landscapes import VIEWS, sky
from catdata.demo.outlines import ellipse
from catdata.demo.poses import POSES
from catdata.demo.vehicles import draw_car, draw_post

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PIL import Image

    from catdata.demo.layers import Brush
    from catdata.demo.poses import Animal

# How common each pose, and for each species each place, is among the pictures.
POSE_SHARES = {
    "portrait": 0.56,
    "sitting": 0.12,
    "sitting aside": 0.06,
    "standing": 0.05,
    "lying": 0.13,
    "curled": 0.08,
}
CAT_PLACES = {
    "room": 4,
    "cushions": 5,
    "windowsill": 1.3,
    "studio": 1.5,
    "garden": 0.7,
    "street": 0.5,
}
DOG_PLACES = {
    "room": 0.8,
    "cushions": 0.8,
    "studio": 0.6,
    "garden": 4,
    "street": 2,
    "woods": 3,
    "beach": 3,
}
FACE_PLACES = {"studio": 1.5, "room": 1, "street": 2, "garden": 2, "beach": 2, "woods": 2}

ASPHALTS = palette("606268 807c78 96846c 4a4c52")
PATHS = palette("beb096 96928e")
TABLES = WOODS + palette("e8e4dc be504a 607c96")


def cat(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint a cat, mostly indoors."""
    _animal(canvas, rng, draw_cat, CAT_PLACES)


def dog(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint a dog, mostly outdoors."""
    _animal(canvas, rng, draw_dog, DOG_PLACES)


def _animal(
    canvas: Canvas,
    rng: np.random.Generator,
    draw: Callable[..., Animal],
    places: Mapping[str, float],
) -> None:
    foot = backdrop(canvas, rng, places)
    pose = str(rng.choice(list(POSE_SHARES), p=list(POSE_SHARES.values())))
    size, spread = rng.uniform(0.5, 0.82), 0.1
    if pose == "portrait":  # the camera comes nearer and aims at the head
        size, spread = rng.uniform(0.6, 1.7), 0.18
        foot = canvas.height * 0.5 + size * rng.uniform(0.3, 0.8)
    animal = draw(rng, asleep=pose == "curled" or rng.uniform() < 0.06)
    x = canvas.width * (0.5 + np.clip(rng.normal(0, spread), -0.3, 0.3))
    mirrored = bool(rng.uniform() < 0.5)
    with canvas.layer(animal.coat.base, texture=0.09) as brush:
        POSES[pose](brush.at(x, foot, size, rng.normal(0, 0.06), mirrored=mirrored), animal, rng)
    if rng.uniform() < 0.2:
        _something_near(canvas, rng)


def _something_near(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint leaves or twigs far out of focus before the scene."""
    colour = chosen(GREENS + WOODS, rng)
    with canvas.layer(colour, blur=0.03) as brush:
        for _ in range(int(rng.integers(1, 5))):
            x, lean = rng.uniform(0, canvas.width), rng.normal(0, 0.25)
            top = canvas.height - rng.uniform(0.1, 0.4)
            line = [(x, canvas.height + 0.1), (x + lean * 0.4, top + 0.1), (x + lean, top)]
            brush.stroke(line, [0.04, 0.09, 0.01], colour, lit=True)


def car(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint a car on a road, with a row of trees and houses behind it."""
    kerb = canvas.height * rng.uniform(0.5, 0.72)
    haze = sky(canvas, rng, kerb)
    with canvas.layer(haze, roundness=0.6, blur=rng.uniform(0, 0.012)) as brush:
        neighbours = (draw_tree, draw_house, draw_tower)
        _row(brush, canvas, rng, kerb + 0.01, neighbours, rng.uniform(0.3, 0.5))
        verge = chosen(GREENS + palette("aaa6a0"), rng)
        brush.box(-0.1, kerb, canvas.width + 0.1, kerb + 0.05, verge)
    asphalt = chosen(ASPHALTS, rng)
    shades = [lighter(asphalt, 0.2), asphalt, darker(asphalt, 0.2)]
    canvas.gradient(shades, top=kerb + 0.03)
    canvas.mottle(darker(asphalt, 0.5), 24, 0.3, stretch=3, top=kerb + 0.03)
    size = rng.uniform(0.28, 0.6)
    foot = min(kerb + rng.uniform(0.1, 0.25), canvas.height - 0.03)
    with canvas.layer(asphalt, roundness=0.7) as brush:
        for x in np.arange(rng.uniform(-0.3, 0), canvas.width, 0.35):
            dash = canvas.height - 0.08
            brush.box(x, dash, x + 0.18, dash + 0.02, (232, 226, 206))
        if rng.uniform() < 0.3:
            draw_car(brush.at(rng.uniform(0, canvas.width), kerb + 0.07, size * 0.5), rng)
        if rng.uniform() < 0.4:
            draw_post(brush.at(rng.uniform(0, canvas.width), kerb + 0.06, 0.5), rng)
        x, mirrored = canvas.width * rng.uniform(0.35, 0.65), bool(rng.uniform() < 0.5)
        draw_car(brush.at(x, foot, size, mirrored=mirrored), rng)


def house(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint a house or a tower among trees and neighbours."""
    ground = canvas.height * rng.uniform(0.66, 0.9)
    haze = sky(canvas, rng, ground)
    with canvas.layer(haze, roundness=0.6) as brush:
        neighbours = (draw_tree, draw_tree, draw_house, draw_tower)
        _row(brush, canvas, rng, ground + 0.01, neighbours, rng.uniform(0.2, 0.5))
    lawn = chosen(LEAVES + palette("b0a896"), rng)
    canvas.gradient([lawn, darker(lawn, 0.25)], top=ground - 0.01)
    canvas.mottle(darker(lawn, 0.5), 20, 0.5, top=ground - 0.01)
    x = canvas.width * rng.uniform(0.35, 0.65)
    with canvas.layer(haze, roundness=0.5) as brush:
        draw = draw_tower if rng.uniform() < 0.25 else draw_house
        draw(brush.at(x, ground + 0.04, rng.uniform(0.55, 0.95)), rng)
        for side in rng.choice([-1, 1], int(rng.integers(0, 4))):
            tree_x, foot = x + side * rng.uniform(0.25, 0.6), ground + rng.uniform(0.03, 0.1)
            draw_tree(brush.at(tree_x, foot, rng.uniform(0.2, 0.7)), rng)
        if rng.uniform() < 0.5:
            door, gate = ground + 0.04, canvas.height + 0.1
            way = [(x - 0.04, door), (x + 0.04, door), (x + 0.12, gate), (x - 0.12, gate)]
            brush.shape(way, chosen(PATHS, rng))


def _row(
    brush: Brush,
    canvas: Canvas,
    rng: np.random.Generator,
    foot: float,
    choices: tuple[Callable[[Brush, np.random.Generator], None], ...],
    step: float,
) -> None:
    """Draw a row of trees and buildings from side to side."""
    for x in np.arange(rng.uniform(-0.2, 0.1), canvas.width + 0.1, step):
        draw = choices[int(rng.integers(len(choices)))]
        draw(brush.at(x, foot, rng.uniform(0.25, 0.6)), rng)


def fruit(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint fruit on a table or a plate."""
    edge = canvas.height * rng.uniform(0.3, 0.6)
    wall, table = any_colour(rng, (0.05, 0.45), (0.3, 0.95)), chosen(TABLES, rng)
    canvas.gradient([lighter(wall, 0.2), wall, darker(wall, 0.3)], bottom=edge)
    canvas.mottle(darker(wall, 0.6), rng.uniform(2, 6), 0.5, bottom=edge)
    canvas.gradient([darker(table, 0.2), table, lighter(table, 0.2)], top=edge)
    canvas.mottle(darker(table, 0.4), 10, 0.4, stretch=6, top=edge)
    middle, foot = canvas.width * rng.uniform(0.4, 0.6), rng.uniform(0.55, 0.75)
    foot = edge + foot * (canvas.height - edge)
    count = int(rng.choice([1, 1, 2, 3, 4, 6]))
    size = rng.uniform(0.5, 0.8) / count**0.45
    usual, other = rng.choice(list(FRUIT), 2)
    with canvas.layer(table, roundness=0.9) as brush:
        if rng.uniform() < 0.5:
            plate = any_colour(rng, (0.0, 0.4), (0.6, 1.0))
            brush.shadow(middle, foot + 0.03, 0.5, 0.12)
            brush.shape(ellipse(middle, foot, 0.5, 0.15), plate, lit=True)
            brush.shape(ellipse(middle, foot - 0.01, 0.38, 0.1), lighter(plate, 0.3))
        for k in range(count):
            x = middle + (k - (count - 1) / 2) * size * 0.72 + rng.normal(0, 0.04)
            y = foot + rng.uniform(-0.06, 0.05)
            brush.shadow(x, y, size * 0.5, size * 0.13, depth=80)
            piece = brush.at(x, y - size * 0.42, size, rng.normal(0, 0.2))
            FRUIT[str(other if rng.uniform() < 0.3 else usual)](piece, rng)


def face(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint a person's portrait."""
    backdrop(canvas, rng, FACE_PLACES)
    size, mirrored = rng.uniform(0.22, 0.4), bool(rng.uniform() < 0.5)
    x, y = canvas.width * rng.uniform(0.36, 0.64), canvas.height - size * rng.uniform(1.5, 2.3)
    with canvas.layer((200, 150, 120), roundness=0.6, texture=0.03) as brush:
        draw_face(brush.at(x, y, size, mirrored=mirrored), rng)


def flower(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint flowers from near, before leaves out of focus."""
    green = chosen(LEAVES, rng, 1.5)
    canvas.gradient([lighter(green, rng.uniform(0, 0.5)), green, darker(green, 0.5)])
    canvas.mottle(darker(green, 0.8), rng.uniform(3, 7), 0.9)
    canvas.mottle(varied(green, rng, 4), rng.uniform(3, 8), 0.5)
    with canvas.layer(green, blur=rng.uniform(0.003, 0.02)) as brush:
        for _ in range(int(rng.integers(8, 24))):
            root = rng.uniform((0, 0.2), (1, 1.1)) * (canvas.width, canvas.height)
            blade = brush.at(root[0], root[1], rng.uniform(0.15, 0.4), rng.uniform(-1.2, 1.2))
            leaf = mix(green, chosen(GREENS, rng, 2), 0.7)
            line = [(0, 0), (0.1, -0.5), (0, -1)]
            blade.stroke(line, [0.04, rng.uniform(0.15, 0.35), 0.03], leaf, lit=True)
    count = int(rng.choice([1, 1, 2, 3, 5, 8]))
    size = rng.uniform(0.28, 0.46) / count**0.4
    with canvas.layer(green, roundness=0.7) as brush:
        for _ in range(count):
            x, y = rng.uniform(0.2, (0.8, 0.7)) * (canvas.width, canvas.height)
            bends = rng.normal(0, (0.04, 0.1))
            stem = [(x, y), (x + bends[0], y + 0.3), (x + bends[1], canvas.height + 0.2)]
            brush.stroke(stem, 0.025, darker(green, 0.2), lit=True)
            turn = rng.uniform(0, 1)
            draw_flower(brush.at(x, y, size * rng.uniform(0.8, 1.2), turn), rng)


def landscape(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint one of the views."""
    VIEWS[str(rng.choice(list(VIEWS)))](canvas, rng)


SCENES: dict[str, Callable[[Canvas, np.random.Generator], None]] = {
    "cat": cat,
    "dog": dog,
    "car": car,
    "house": house,
    "fruit": fruit,
    "face": face,
    "flower": flower,
    "landscape": landscape,
}


def draw_scene(kind: str, rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Draw a picture of one kind, as a camera would have taken it.

    Args:
        kind: A name in :data:`SCENES`.
        rng: Where everything in the picture comes from.
        size: Width and height in pixels.

    Returns:
        RGB picture of that size.
    """
    canvas = Canvas(size, rng)
    SCENES[kind](canvas, rng)
    return photograph(canvas, rng)
