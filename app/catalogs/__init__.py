"""Where skills come from: folders, files, signed catalogs, and the program itself."""

INDEX = "nuee.catalog"  # what the signed index is called in a folder
