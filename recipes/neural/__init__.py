"""What the torch recipes share: networks, optimizers, schedules, augmentation and the training loop.

Importing these modules imports torch and runs no torch operation, so that a template process that has
imported them still has one thread and may fork.
"""
