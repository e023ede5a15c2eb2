"""Random changes of training images that keep their class."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far training images may be changed; all zero and False changes nothing.

    Attributes:
        shift: whole pixels in each direction, the edge filled with 0.
        rotate: degrees in each direction.
        zoom: share by which an image may grow or shrink.
        cutout: side in pixels of one square set to 0 (DeVries and Taylor 2017).
        flip: mirror half of the images left to right. Wrong for digits and letters.
    """

    shift: int = 0
    rotate: float = 0.0
    zoom: float = 0.0
    cutout: int = 0
    flip: bool = False

    @classmethod
    def of(cls, node: Mapping[str, Any]) -> Augmentation:
        """Return the augmentation that the config group ``data.augment`` describes."""
        return cls(
            shift=int(node.get("shift", 0)),
            rotate=float(node.get("rotate", 0)),
            zoom=float(node.get("zoom", 0)),
            cutout=int(node.get("cutout", 0)),
            flip=bool(node.get("flip", False)),
        )

    def __call__(self, images: Tensor) -> Tensor:
        """Return changed images of the same shape (items, channels, height, width), float, 0 is black.

        Random numbers are drawn on the CPU whatever the device, so a trial sees the same images on both.
        """
        if self.shift or self.rotate or self.zoom or self.flip:
            images = self._moved(images)
        return self._cut(images) if self.cutout else images

    def _moved(self, images: Tensor) -> Tensor:
        items, _, height, width = images.shape
        angle = math.radians(self.rotate) * _symmetric(items)
        scale = 1 + self.zoom * _symmetric(items)
        mirror = 1 - 2 * torch.randint(0, 2, (items,)) if self.flip else torch.ones(items)
        # One pixel is 2 / size in the coordinates of affine_grid, which run from -1 to 1.
        move = torch.randint(-self.shift, self.shift + 1, (2, items))
        theta = torch.zeros(items, 2, 3)
        theta[:, 0, 0] = angle.cos() * scale * mirror
        theta[:, 0, 1] = -angle.sin() * scale * height / width
        theta[:, 0, 2] = move[0] * 2 / width
        theta[:, 1, 0] = angle.sin() * scale * mirror * width / height
        theta[:, 1, 1] = angle.cos() * scale
        theta[:, 1, 2] = move[1] * 2 / height
        grid = affine_grid(theta.to(images.device), list(images.shape), align_corners=False)
        return grid_sample(images, grid, align_corners=False)

    def _cut(self, images: Tensor) -> Tensor:
        items, _, height, width = images.shape
        row = torch.randint(0, height, (items, 1, 1, 1)).to(images.device)
        column = torch.randint(0, width, (items, 1, 1, 1)).to(images.device)
        rows = torch.arange(height, device=images.device).view(1, 1, -1, 1)
        columns = torch.arange(width, device=images.device).view(1, 1, 1, -1)
        half = self.cutout // 2
        inside = (
            (rows >= row - half)
            & (rows < row - half + self.cutout)
            & (columns >= column - half)
            & (columns < column - half + self.cutout)
        )
        return images.masked_fill(inside, 0)


def _symmetric(items: int) -> Tensor:
    return 2 * torch.rand(items) - 1
