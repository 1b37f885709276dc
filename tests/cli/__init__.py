"""The command line, through Typer's runner and as a real program, on a small company of real files."""
