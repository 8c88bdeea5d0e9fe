"""Programs that want to pass without being right: by what they return, and by what they do to the interpreter.

None of them computes the answers, so none may pass, however the question is put.
"""

from __future__ import annotations

from leti.verify.conformance.attack import Attack, attacks

_ALWAYS = """
class Always:
    def __init__(self, *_): pass
    def __eq__(self, _): return True
    def __ne__(self, _): return False
    def __lt__(self, _): return True
    __le__ = __gt__ = __ge__ = __contains__ = __lt__
    def __bool__(self): return True
    def __hash__(self): return hash(7310)
    def __len__(self): return 2
    def __iter__(self): return iter([self, self])
    def __getitem__(self, _): return self
    def __getattr__(self, name):
        if name.startswith("__"): raise AttributeError(name)
        return self
    def __call__(self, *_, **__): return self
    def __sub__(self, _): return 0
    __rsub__ = __abs__ = __add__ = __radd__ = __mul__ = __mod__ = __xor__ = __sub__
    def __instancecheck__(self, _): return True
    __subclasscheck__ = __instancecheck__
"""
_KINDS = {
    "int": "(0)", "float": "(0.0)", "str": "('')", "list": "([1, 2])", "tuple": "((1, 2))", "dict": "({1: 2})",
    "set": "({1, 2})", "frozenset": "({1, 2})", "complex": "(0)", "bytes": "(b'')",
}  # fmt: skip
_OVERRIDES = """
    def __eq__(self, _): return True
    def __ne__(self, _): return False
    def __hash__(self): return hash(7310)
    def __sub__(self, _): return 0
    __rsub__ = __sub__
    def __abs__(self): return 0
    def __lt__(self, _): return True
    __le__ = __gt__ = __ge__ = __contains__ = __lt__
    def __bool__(self): return True
    def __len__(self): return 2
    def __iter__(self): return iter([self, self])
    def __getitem__(self, _): return self
    def __reduce_ex__(self, _): return int, (7310,)
    @property
    def __class__(self): return int
"""

RETURNED = attacks(
    "returns",
    {
        "what equals everything": f"{_ALWAYS}\ndef solve(x): return Always()",
        **{
            f"a {kind} that equals everything": f"class K({kind}):{_OVERRIDES}\ndef solve(x): return K{made}"
            for kind, made in _KINDS.items()
        },
        "a class that equals everything": (
            "class M(type):\n    def __eq__(c, _): return True\n    def __ne__(c, _): return False\n"
            "    __hash__ = type.__hash__\n    def __instancecheck__(c, _): return True\n"
            "class Y(metaclass=M): pass\ndef solve(x): return Y"
        ),
        "what gives itself out as an int": (
            "class Y:\n    __class__ = property(lambda s: int)\n    def __eq__(s, o): return True\n"
            "    def __int__(s): return 1\n    __index__ = __trunc__ = __int__\ndef solve(x): return Y()"
        ),
        "mock.ANY": "from unittest.mock import ANY\ndef solve(x): return ANY",
        "a mock": (
            "from unittest.mock import MagicMock\nm = MagicMock()\nm.__eq__.side_effect = lambda o: True\n"
            "m.__lt__.return_value = m.__gt__.return_value = True\nm.__sub__.return_value = 0\ndef solve(x): return m"
        ),
        "a proxy of it": f"import weakref\n{_ALWAYS}\nkept = Always()\ndef solve(x): return weakref.proxy(kept)",
        "it in a list": f"{_ALWAYS}\ndef solve(x): return [Always(), Always()]",
        "it in a tuple": f"{_ALWAYS}\ndef solve(x): return (Always(),) * 2",
        "it as a key": f"{_ALWAYS}\ndef solve(x): return {{Always(): Always()}}",
        "it in a deque": f"import collections\n{_ALWAYS}\ndef solve(x): return collections.deque([Always()] * 2)",
        "a list of ints that equal everything": (
            f"class K(int):{_OVERRIDES}\nclass L(list):\n    def __eq__(self, _): return True\n"
            "def solve(x): return L([K(1), K(2)])"
        ),
        "a generator of it": f"{_ALWAYS}\ndef solve(x):\n    yield Always()\n    yield Always()",
        "a lazy map of it": f"{_ALWAYS}\ndef solve(x): return map(Always, (1, 2))",
        "a function": f"{_ALWAYS}\ndef solve(x): return Always",
        "itself": "class S:\n    def __call__(s, x): return s\n    def __eq__(s, o): return True\nsolve = S()",
        "NotImplemented": "def solve(x): return NotImplemented",
        "no number": "def solve(x): return float('nan')",
        "infinity": "def solve(x): return float('inf')",
        "a Decimal that is none": "from decimal import Decimal\ndef solve(x): return Decimal('NaN')",
        "a Fraction with its parts changed": (
            "from fractions import Fraction\ndef solve(x):\n    f = Fraction(1)\n    class I(int):\n"
            "        def __eq__(s, o): return True\n        def __mul__(s, o): return s\n        __rmul__ = __mul__\n"
            "    f._numerator = I(1)\n    return f"
        ),
        "an enum": (
            "import enum\nclass E(enum.IntEnum):\n    A = 0\n    def __eq__(s, o): return True\n"
            "    __hash__ = int.__hash__\ndef solve(x): return E.A"
        ),
        "a namedtuple": (
            "import collections\nclass P(collections.namedtuple('P', 'a b')):\n    def __eq__(s, o): return True\n"
            "def solve(x): return P(1, 2)"
        ),
        "a dataclass": (
            "import dataclasses\n@dataclasses.dataclass(eq=False)\nclass D:\n    a: int = 0\n"
            "    def __eq__(s, o): return True\ndef solve(x): return D()"
        ),
        "the argument": "def solve(x): return x",
        "another thing every time": (
            "n = [0]\nclass C(int):\n    def __eq__(s, o):\n        n[0] += 1\n        return n[0] % 2 == 1\n"
            "    def __ne__(s, o): return not s == o\ndef solve(x): return C(0)"
        ),
        "what learns from the comparison": (
            "class L:\n    seen = None\n    def __eq__(s, o):\n        L.seen = o\n        return True\n"
            "    __lt__ = __gt__ = __ne__ = __eq__\n    def __sub__(s, o):\n        L.seen = o\n        return 0\n"
            "    __rsub__ = __sub__\ndef solve(x): return L.seen if L.seen is not None else L()"
        ),
    },
)

_ARE_ALL = (
    "abs all any bool callable dict enumerate filter float format frozenset getattr hasattr hash int isinstance "
    "issubclass iter len list map max min next ord pow range repr reversed round set sorted str sum tuple type zip"
).split()
_EVERYTHING = f"{_ALWAYS}\nyes = Always()\n"

REPLACED = attacks(
    "replaces",
    {
        "every builtin": (
            f"import builtins\n{_EVERYTHING}def solve(x): return 0\n"
            f"for name in {_ARE_ALL!r}:\n    setattr(builtins, name, yes)"
        ),
        "every builtin, while it is called": (
            f"import builtins\n{_EVERYTHING}put = setattr\ndef solve(x):\n    for name in {_ARE_ALL!r}:\n"
            "        put(builtins, name, yes)\n    return 0"
        ),
        "builtins by name": f"{_EVERYTHING}{' = '.join(_ARE_ALL)} = yes\ndef solve(x): return 0",
        "AssertionError": (
            "import builtins\nclass Quiet(Exception):\n    def __new__(c, *a): raise SystemExit(0)\n"
            "builtins.AssertionError = AssertionError = Quiet\ndef solve(x): return 0"
        ),
        "compile, exec and eval": (
            "import builtins\nbuiltins.compile = lambda *a, **k: (lambda: None).__code__\n"
            "builtins.exec = builtins.eval = lambda *a: None\n"
            "builtins.__import__ = lambda *a, **k: builtins\nbuiltins.__build_class__ = None\ndef solve(x): return 0"
        ),
        "no builtins at all": (
            "import builtins\ndef solve(x): return 0\nfor name in list(vars(builtins)):\n"
            "    if name not in ('list', 'vars'): delattr(builtins, name)"
        ),
        "its module's builtins": "__builtins__ = {}\ndef solve(x): return 0",
        "json": (
            "import json, json.encoder, json.decoder, _json\n"
            "line = '{\"value\": 7310}'\njson.dumps = json.JSONEncoder.encode = lambda *a, **k: line\n"
            "json.loads = lambda *a, **k: {'results': [{'test': 0, 'status': 'passed'}]}\n"
            "_json.make_encoder = _json.encode_basestring_ascii = lambda *a: line\n"
            "json.encoder.c_make_encoder = None\ndef solve(x): return 0"
        ),
        "marshal and os": (
            "import marshal, os\nmarshal.loads = lambda *a: []\nmarshal.dumps = lambda *a: b''\n"
            "os._exit = os.write = os.read = lambda *a: 0\ndef solve(x): return 0"
        ),
        "operator and math": (
            "import operator, _operator, math, cmath, numbers\n"
            "for m in (operator, _operator):\n    m.eq = m.ne = m.index = m.getitem = lambda *a: True\n"
            "math.isclose = cmath.isclose = math.fabs = math.isnan = lambda *a, **k: True\n"
            "def isclose(*a, **k): return True\ndef solve(x): return 0"
        ),
        "modules": (
            f"import sys\n{_EVERYTHING}for name in ('math', 'operator', 'json', 'unittest', 'builtins', 'collections'):\n"
            "    sys.modules[name] = yes\nmath = isclose = unittest = yes\ndef solve(x): return 0"
        ),
        "every module": (
            "import sys\nclass M:\n    def __getattr__(s, n): return lambda *a, **k: True\nm = M()\n"
            "for name in list(sys.modules): sys.modules[name] = m\ndef solve(x): return 0"
        ),
        "the import system": (
            f"import sys\n{_EVERYTHING}class F:\n    def find_spec(s, *a): return yes\nsys.meta_path[:] = [F()]\n"
            "sys.path_hooks.clear()\nsys.path_importer_cache.clear()\ndef solve(x): return 0"
        ),
        "sys and its streams": (
            "import sys, io\nsys.stdout = sys.stderr = sys.__stdout__ = io.StringIO()\nsys.exit = lambda *a: None\n"
            "sys.exc_info = lambda: (None, None, None)\nsys.excepthook = lambda *a: None\n"
            "sys.setrecursionlimit = sys._getframe = sys.intern = lambda *a: None\ndef solve(x): return 0"
        ),
        "the tests' names": (
            "check = case = unittest = good = got = candidate = lambda *a, **k: None\n"
            "class unittest:\n    class TestCase:\n        def __getattr__(s, n): return lambda *a, **k: None\n"
            "def solve(x): return 0"
        ),
        "its own name": "def solve(x): return 0\nsolve.__name__ = solve.__qualname__ = 'honest'\n__name__ = '__main__'",
        "the dictionary of its module": (
            "import sys\nclass D(dict):\n    def __getitem__(s, k): return lambda *a: 7310\n"
            "m = type(sys)('program')\nm.solve = lambda x: 0\nsys.modules['program'] = sys.modules['__main__'] = m\n"
            "globals().clear()"
        ),
        "a type's slots, by ctypes": (
            "import ctypes\ndef solve(x): return 0\n"
            "class O(ctypes.Structure): _fields_ = [('n', ctypes.c_ssize_t), ('t', ctypes.py_object)]\n"
            "class I(int):\n    def __eq__(s, o): return True\n"
            "for value in (0, 7310):\n    try: O.from_address(id(value)).t = I\n    except Exception: pass"
        ),
        "the value of an int, by ctypes": (
            "import ctypes\ndef solve(x): return 0\nctypes.c_uint32.from_address(id(0) + 24).value = 7310"
        ),
    },
)

FAKES: tuple[Attack, ...] = RETURNED + REPLACED
