"""The only code that runs inside the sandbox: standard library only, and nothing of leti.

`template` is a warm process that forks one child per program; `child` makes the child poor (limits, descriptors, a
directory of its own); `conversation` runs the program and then its tests and says what happened; `rewrite` prepares
the tests; `values` compares and renders plain data; `records` makes data of an exception.

Every module here has builtins of its own (`__builtins__` is copied before any function is made): a program that
replaces `isinstance` or `repr` changes its own world, not the harness.
"""
