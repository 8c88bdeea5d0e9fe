"""The code that runs inside a cell: standard library only, and nothing of leti.

`boot` enters the jail (`jail`, with `view`, `seccomp`, `landlock`, `kernel`) and takes up a role.

In a program's cell: `template` is a warm process that forks one child per program (`child` makes it poor, `watch` looks
after it, `clearing` clears up after it); `conversation` runs the program and says what its functions return; `benign`
does so for many programs in one process; `records` makes data of an exception.

In the judge's cell: `judge` serves; `planning` finds what tests will ask; `tests` runs them, `calls` compares what was
returned (`comparing`); `remote` stands in for what is on the program's side; `render` puts values into words.

On both sides: `frames` carries messages, `values` turns values into plain data and back.

Modules in the program's cell have builtins of their own (`__builtins__` is copied before any function is made): a
program that replaces `isinstance` or `repr` changes its own world, not what is said of it.
"""
