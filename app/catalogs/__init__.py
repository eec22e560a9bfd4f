"""Where skills come from: folders, files, signed catalogs, and the program itself."""
