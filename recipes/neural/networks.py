"""The networks of the packaged recipes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from agilml.errors import ConfigError


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions with batch norm around a shortcut (He et al. 2016, figure 5 left)."""

    def __init__(self, width_in: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width_in, width, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.activation = nn.ReLU(inplace=True)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or width_in != width:
            self.shortcut = nn.Sequential(
                nn.Conv2d(width_in, width, 1, stride, bias=False), nn.BatchNorm2d(width)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Return features of shape (items, width, height / stride, width / stride)."""
        inner = self.activation(self.norm1(self.conv1(x)))
        out: Tensor = self.activation(self.norm2(self.conv2(inner)) + self.shortcut(x))
        return out


class ResNet(nn.Module):
    """A residual network of three stages for small images (He et al. 2016, section 4.2).

    Args:
        depth: 6n + 2 weighted layers: 8, 14, 20, 32, 44, 56, 110.
        width: channels of the first stage; the others have two and four times as many.
        channels: channels of the images.
        classes: size of the output.

    Raises:
        ConfigError: ``depth`` is not 6n + 2, or a size is below 1.
    """

    def __init__(self, depth: int, width: int, channels: int, classes: int) -> None:
        super().__init__()
        blocks, rest = divmod(depth - 2, 6)
        if blocks < 1 or rest:
            raise ConfigError(
                f"model.depth={depth} is not 6n + 2",
                next="model.depth= one of 8, 14, 20, 32, 44, 56",
            )
        if width < 1:
            raise ConfigError(f"model.width={width} is below 1", next="model.width=16")
        self.stem = nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )
        stages = [
            BasicBlock(width * width_in, width * width_out, stride if block == 0 else 1)
            for width_first, width_out, stride in ((1, 1, 1), (1, 2, 2), (2, 4, 2))
            for block in range(blocks)
            for width_in in (width_first if block == 0 else width_out,)
        ]
        self.stages = nn.Sequential(*stages)
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Linear(4 * width, classes)
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(module, BasicBlock):
                # Every block starts as its shortcut, which lets the first steps be larger
                # (Goyal et al. 2017, section 5.1).
                nn.init.zeros_(module.norm2.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits of shape (items, classes) for images (items, channels, height, width)."""
        logits: Tensor = self.head(self.pool(self.stages(self.stem(x))))
        return logits


class MLP(nn.Sequential):
    """Linear layers with ReLU and dropout between them.

    Args:
        features: size of the input.
        hidden: size of every hidden layer; none gives a linear model.
        outputs: size of the output.
        dropout: share of hidden values set to 0 in training.

    Raises:
        ConfigError: a size is below 1, or ``dropout`` is not in [0, 1).
    """

    def __init__(self, features: int, hidden: Sequence[int], outputs: int, dropout: float) -> None:
        if any(size < 1 for size in hidden):
            raise ConfigError(
                f"model.hidden={list(hidden)} has a size below 1", next="model.hidden=[64]"
            )
        if not 0 <= dropout < 1:
            raise ConfigError(f"model.dropout={dropout} is not in [0, 1)", next="model.dropout=0.1")
        layers: list[nn.Module] = []
        for size_in, size in pairwise((features, *hidden)):
            layers += [nn.Linear(size_in, size), nn.ReLU(), nn.Dropout(dropout)]
        super().__init__(*layers, nn.Linear((features, *hidden)[-1], outputs))
