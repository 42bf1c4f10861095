"""All 30 images of 4 x 4 pixels that consist of horizontal bars, or of vertical ones, into bars.npy."""

import numpy as np

bits = np.arange(16)[:, None] >> np.arange(4) & 1
horizontal = np.repeat(bits[:, :, None], 4, axis=2)
np.save("bars.npy", np.unique(np.concatenate([horizontal, horizontal.swapaxes(1, 2)]), axis=0).astype(np.uint8))
