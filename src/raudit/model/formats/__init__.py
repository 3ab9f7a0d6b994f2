"""One module a format of model files; each reads data and runs no code of the file."""
