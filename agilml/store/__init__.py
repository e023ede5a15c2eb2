"""Where bytes lie: blobs on this machine, and remotes where many machines meet."""
