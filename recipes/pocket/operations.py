"""The words of the little language: sources, filters, maps and reducers, each with its names, phrases and code."""

from __future__ import annotations

from dataclasses import dataclass

LETTERS = ("a", "e", "i", "o", "r", "s", "t", "n", "l", "m")
SMALL = ("2", "3", "4", "5", "6", "7", "8", "9")
LENGTHS = ("3", "4", "5")


@dataclass(frozen=True)
class Step:
    """A filter or a map over one element: `code` speaks of `{x}` and the constant `{k}`, phrases of `{np}`."""

    key: str
    pieces: tuple[str, ...]
    phrases: tuple[str, ...]
    code: str
    constants: tuple[str, ...] = ()
    returns: str = ""  # the kind of the new element where a map changes it
    skip: tuple[str, ...] = ()  # domains in which the step says nothing


@dataclass(frozen=True)
class Reducer:
    """What is made of all elements: `code` speaks of `{it}`; the loop form is `start` and then `update` each time."""

    key: str
    pieces: tuple[str, ...]
    phrases: tuple[str, ...]
    code: str
    start: str = ""
    update: str = ""
    skip: tuple[str, ...] = ()


@dataclass(frozen=True)
class Domain:
    """Where the elements come from: the argument's names, the iterable made of it, and how it is called."""

    key: str
    kind: str
    nouns: tuple[str, ...]
    places: tuple[str, ...]
    arguments: tuple[str, ...]
    source: str
    pieces: tuple[str, ...]
    indexable: bool = True


DOMAINS = (
    Domain("list", "int", ("numbers", "elements"), ("in a list", "of the given list", "in a list of numbers"),
           ("numbers", "nums", "values", "a"), "{a}", ("list", "nums")),
    Domain("dict", "int", ("values",), ("in a dictionary", "of the given dictionary"),
           ("d", "table", "data"), "{a}.values()", ("dict", "values"), indexable=False),
    Domain("range", "int", ("numbers", "integers"), ("from 1 to n", "between 1 and n"),
           ("n", "limit"), "range(1, {a} + 1)", ("upto", "range"), indexable=False),
    Domain("digits", "int", ("digits",), ("of a number", "of the given number"),
           ("n", "number"), "map(int, str({a}))", ("digits", "number"), indexable=False),
    Domain("words", "word", ("words",), ("in a sentence", "of the given string", "in a string"),
           ("text", "s", "sentence"), "{a}.split()", ("words", "text"), indexable=False),
    Domain("chars", "char", ("characters",), ("in a string", "of the given string"),
           ("s", "text", "string"), "{a}", ("chars", "string")),
)  # fmt: skip

_SIGNLESS = ("range", "digits")

FILTERS: dict[str, tuple[Step, ...]] = {
    "int": (
        Step("even", ("even", "evens"), ("even {np}", "{np} that are even"), "{x} % 2 == 0"),
        Step("odd", ("odd", "odds"), ("odd {np}", "{np} that are odd"), "{x} % 2 == 1"),
        Step("positive", ("positive",), ("positive {np}", "{np} that are positive"), "{x} > 0", skip=_SIGNLESS),
        Step("negative", ("negative",), ("negative {np}", "{np} below zero"), "{x} < 0", skip=_SIGNLESS),
        Step("nonzero", ("nonzero",), ("nonzero {np}", "{np} other than zero"), "{x} != 0", skip=("range",)),
        Step("above", ("above", "greater"), ("{np} greater than {k}", "{np} above {k}"), "{x} > {k}", SMALL),
        Step("below", ("below", "less"), ("{np} less than {k}", "{np} below {k}"), "{x} < {k}", SMALL),
        Step("atleast", ("atleast",), ("{np} that are at least {k}", "{np} not less than {k}"), "{x} >= {k}", SMALL),
        Step("atmost", ("atmost",), ("{np} that are at most {k}", "{np} up to {k}"), "{x} <= {k}", SMALL),
        Step("multiples", ("multiples", "divisible"), ("{np} divisible by {k}", "{np} that are multiples of {k}"),
             "{x} % {k} == 0", ("3", "4", "5")),
        Step("nondivisible", ("nondivisible",), ("{np} not divisible by {k}",), "{x} % {k} != 0", ("3", "4", "5")),
        Step("except", ("except", "without"), ("{np} different from {k}", "{np} except {k}"), "{x} != {k}", SMALL),
        Step("ending", ("ending",), ("{np} ending in {k}", "{np} whose last digit is {k}"),
             "abs({x}) % 10 == {k}", ("1", "2", "3", "4", "5"), skip=("digits",)),
        Step("twodigit", ("twodigit",), ("two digit {np}", "{np} with two digits"), "10 <= abs({x}) <= 99",
             skip=("digits",)),
    ),
    "word": (
        Step("longer", ("longer", "long"), ("{np} longer than {k}", "{np} with more than {k} letters"),
             "len({x}) > {k}", LENGTHS),
        Step("shorter", ("shorter", "short"), ("{np} shorter than {k}", "{np} with less than {k} letters"),
             "len({x}) < {k}", LENGTHS),
        Step("exactly", ("exactly",), ("{np} with exactly {k} letters", "{np} of length {k}"),
             "len({x}) == {k}", LENGTHS),
        Step("starting", ("starting",), ("{np} starting with {k}", "{np} that start with {k}"),
             "{x}.startswith('{k}')", LETTERS),
        Step("ending", ("ending",), ("{np} ending with {k}", "{np} that end with {k}"), "{x}.endswith('{k}')", LETTERS),
        Step("having", ("having", "containing"), ("{np} containing {k}", "{np} that contain {k}"),
             "'{k}' in {x}", LETTERS),
        Step("lacking", ("lacking", "without"), ("{np} without {k}", "{np} not containing {k}"),
             "'{k}' not in {x}", LETTERS),
        Step("evenlength", ("evenlength",), ("even length {np}", "{np} of even length"), "len({x}) % 2 == 0"),
        Step("oddlength", ("oddlength",), ("odd length {np}", "{np} of odd length"), "len({x}) % 2 == 1"),
        Step("vowelled", ("vowelled",), ("{np} starting with a vowel",), "{x}[0] in 'aeiou'"),
    ),
    "char": (
        Step("vowels", ("vowels", "vowel"), ("vowel {np}", "{np} that are vowels"), "{x} in 'aeiou'"),
        Step("nonvowels", ("nonvowels",), ("{np} that are not vowels", "non vowel {np}"), "{x} not in 'aeiou'"),
        Step("digit", ("digit", "numeric"), ("digit {np}", "{np} that are digits"), "{x}.isdigit()"),
        Step("letters", ("letters", "alpha"), ("letter {np}", "{np} that are letters"), "{x}.isalpha()"),
        Step("uppers", ("uppers", "capital"), ("uppercase {np}", "{np} that are uppercase"), "{x}.isupper()"),
        Step("lowers", ("lowers", "small"), ("lowercase {np}", "{np} that are lowercase"), "{x}.islower()"),
        Step("except", ("except", "without"), ("{np} different from {k}", "{np} except {k}"), "{x} != '{k}'", LETTERS),
        Step("after", ("after",), ("{np} after {k}", "{np} greater than {k}"), "{x} > '{k}'", LETTERS),
        Step("before", ("before",), ("{np} before {k}", "{np} less than {k}"), "{x} < '{k}'", LETTERS),
    ),
}  # fmt: skip

MAPS: dict[str, tuple[Step, ...]] = {
    "int": (
        Step("squares", ("squares", "squared"), ("the squares of {np}", "the squared {np}"), "{x} ** 2"),
        Step("cubes", ("cubes", "cubed"), ("the cubes of {np}", "the cubed {np}"), "{x} ** 3"),
        Step("doubles", ("doubles", "doubled"), ("the doubles of {np}", "twice {np}"), "{x} * 2"),
        Step("halves", ("halves", "halved"), ("the halves of {np}", "half of {np}"), "{x} // 2"),
        Step("negated", ("negated",), ("the negatives of {np}", "the negated {np}"), "-{x}"),
        Step("absolute", ("absolute", "abs"), ("the absolute values of {np}",), "abs({x})", skip=_SIGNLESS),
        Step("plus", ("plus", "increased"), ("{np} plus {k}", "{np} increased by {k}"), "{x} + {k}", SMALL),
        Step("minus", ("minus", "decreased"), ("{np} minus {k}", "{np} decreased by {k}"), "{x} - {k}", SMALL),
        Step("times", ("times", "scaled"), ("{np} times {k}", "{np} multiplied by {k}"), "{x} * {k}", SMALL[1:]),
        Step("modulo", ("modulo", "remainders"), ("{np} modulo {k}", "the remainders of {np} by {k}"),
             "{x} % {k}", ("3", "4", "5", "7")),
        Step("lastdigits", ("lastdigits",), ("the last digits of {np}",), "abs({x}) % 10", skip=("digits",)),
    ),
    "word": (
        Step("upper", ("upper",), ("the uppercase of {np}", "the uppercased {np}"), "{x}.upper()"),
        Step("capital", ("capitalized",), ("the capitalized {np}",), "{x}.capitalize()"),
        Step("mirrored", ("mirrored",), ("the mirrored {np}", "the reverses of {np}"), "{x}[::-1]"),
        Step("lengths", ("lengths",), ("the lengths of {np}", "the length of each of {np}"), "len({x})", returns="int"),
        Step("initials", ("initials",), ("the first letters of {np}", "the initials of {np}"), "{x}[0]"),
        Step("finals", ("finals",), ("the last letters of {np}",), "{x}[-1]"),
        Step("tails", ("tails",), ("{np} without the first letter",), "{x}[1:]"),
        Step("doubled", ("doubled",), ("{np} written twice", "the doubled {np}"), "{x} * 2"),
        Step("counted", ("counted",), ("the counts of {k} in {np}",), "{x}.count('{k}')", LETTERS[:6], "int"),
    ),
    "char": (
        Step("upper", ("upper",), ("the uppercase of {np}", "the uppercased {np}"), "{x}.upper()"),
        Step("lower", ("lower",), ("the lowercase of {np}", "the lowercased {np}"), "{x}.lower()"),
        Step("swapped", ("swapped",), ("the case swapped {np}",), "{x}.swapcase()"),
        Step("doubled", ("doubled",), ("{np} written twice", "the doubled {np}"), "{x} * 2"),
        Step("codes", ("codes",), ("the codes of {np}",), "ord({x})", returns="int"),
        Step("suffixed", ("suffixed",), ("{np} followed by {k}",), "{x} + '{k}'", LETTERS),
    ),
}  # fmt: skip

_APPEND = "{acc}.append({e})"
_COMMON = (
    Reducer("list", ("list", "all"), ("the list of {np}", "a list of {np}", "all {np}"), "list({it})", "[]", _APPEND),
    Reducer("count", ("count", "number"), ("the number of {np}", "the count of {np}", "how many are {np}"),
            "len({it})", "0", "{acc} += 1"),
    Reducer("first", ("first",), ("the first of {np}",), "{it}[0]"),
    Reducer("last", ("last",), ("the last of {np}",), "{it}[-1]", "None", "{acc} = {e}"),
    Reducer("reversed", ("reversed", "backwards"), ("the reversed list of {np}", "{np} in reverse order"),
            "{it}[::-1]", "[]", "{acc}.insert(0, {e})"),
    Reducer("sorted", ("sorted", "ordered"), ("the sorted list of {np}", "{np} in sorted order"), "sorted({it})",
            skip=("range",)),
    Reducer("descending", ("descending",), ("{np} sorted in descending order", "the descending list of {np}"),
            "sorted({it}, reverse=True)"),
    Reducer("distinct", ("distinct", "unique"), ("the number of distinct values of {np}",), "len(set({it}))",
            skip=("range",)),
    Reducer("uniques", ("uniques",), ("the sorted distinct values of {np}",), "sorted(set({it}))", skip=("range",)),
)  # fmt: skip
_BEST = "if {acc} is None or {e} %s {acc}:\n    {acc} = {e}"
_NUMERIC = (
    Reducer("sum", ("sum", "total"), ("the sum of {np}", "the total of {np}"), "sum({it})", "0", "{acc} += {e}"),
    Reducer("product", ("product",), ("the product of {np}",), "math.prod({it})", "1", "{acc} *= {e}"),
    Reducer("max", ("max", "largest"), ("the largest of {np}", "the maximum of {np}"), "max({it})", "None",
            _BEST % ">"),
    Reducer("min", ("min", "smallest"), ("the smallest of {np}", "the minimum of {np}"), "min({it})", "None",
            _BEST % "<"),
    Reducer("spread", ("spread",), ("the difference between the largest and the smallest of {np}",),
            "max({it}) - min({it})"),
    Reducer("second", ("second",), ("the second largest of {np}",), "sorted({it})[-2]"),
    Reducer("average", ("average", "mean"), ("the integer average of {np}",), "sum({it}) // len({it})"),
)  # fmt: skip
_TEXTUAL = (
    Reducer("joined", ("joined", "concat"), ("the concatenation of {np}", "{np} joined together"), "''.join({it})",
            "''", "{acc} += {e}"),
    Reducer("hyphened", ("hyphened",), ("{np} joined by hyphens",), "'-'.join({it})"),
)  # fmt: skip
_WORDY = (
    Reducer("longest", ("longest",), ("the longest of {np}",), "max({it}, key=len)"),
    Reducer("shortest", ("shortest",), ("the shortest of {np}",), "min({it}, key=len)"),
    Reducer("letters", ("letters",), ("the total length of {np}",), "sum(map(len, {it}))", "0", "{acc} += len({e})"),
    Reducer("spaced", ("spaced",), ("{np} joined by spaces",), "' '.join({it})"),
)  # fmt: skip

REDUCERS: dict[str, tuple[Reducer, ...]] = {
    "int": _COMMON + _NUMERIC,
    "word": _COMMON + _TEXTUAL + _WORDY,
    "char": _COMMON + _TEXTUAL,
}
