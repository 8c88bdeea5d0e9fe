from __future__ import annotations

import inspect

import pytest

from leti import errors
from leti.errors import LetiError, MissingBackend, UserError, WorkError

ALL = [found for _, found in inspect.getmembers(errors, inspect.isclass)]


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_every_error_stands_in_the_tree_that_the_docstring_draws(error: type[LetiError]) -> None:
    assert issubclass(error, LetiError)
    assert error.__name__ in (errors.__doc__ or "")
    assert error.__doc__


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_every_error_but_the_root_is_either_the_users_or_the_works(error: type[LetiError]) -> None:
    if error is not LetiError:
        assert issubclass(error, UserError) != issubclass(error, WorkError)
        assert issubclass(error, ValueError) == issubclass(error, UserError)


def test_a_missing_backend_says_the_install_line() -> None:
    error = MissingBackend("vllm", "vllm")
    assert "'vllm'" in str(error)
    assert "pip install 'leti[vllm]'" in str(error)
