"""Files that people work in too: workbooks, contracts, forms in a folder that others have open.

`files` is the protocol (is it open, is it whole, is it still what was read; replaced by one rename, with a
backup), `container` puts an archive together again with a few parts replaced, `temporary` the hub's own files
beside them and how leftovers go, `clock` how far the file server's clock is from ours, `faults` the words in
which all that fails.

Promises: what is parsed is exactly what was hashed; nothing is replaced that somebody saved or opened
meanwhile. Never: parses a file, or knows what kind it is.
"""
