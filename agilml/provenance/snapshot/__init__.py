"""The code of a sweep as one content-addressed file, and the way back to a folder that runs.

manifest   what a bundle says of itself
changes    what Git knows of a work tree: commit, changed and deleted files, submodules
choosing   which files a sweep's bundle holds
bundle     a manifest and files as one file of always the same bytes, and back
taking     the bundle of a sweep that was just planned
checkout   a commit as a clean work tree, made from a repository on this machine
restoring  a bundle as a folder, verified file by file
"""
