"""Data sets under version control: what is in them, which part a run gets, and where it lies.

names      words that people type, and paths that come from outside
shares     levels: which items of a data set belong to dev, test and prod
tables     tables in one file, sampled row by row
manifest   the list of a data set's files with their digests, and its text
progress   how far a long piece of work has come
hashing    digests of many files at once, remembered from one time to the next
sources    where a data set's files lie: a folder, a file, a remote
folders    ... on this machine
buckets    ... in a remote
pins       ``data.toml``, the list that people review
adding     from a source to a manifest and a pin
storing    files as blobs, here and in the project's remote
recording  a version made durable: blob, pin and fact
finding    from a name to a manifest
cache      files by content on this machine, bounded in size
staging    from a manifest to a read-only folder
checking   is what lies there what was recorded; what differs between two versions
config     data sets in a composed configuration
conf_path  a layer of configuration that lies in a remote
conf_check ... is data, and names no code
"""
