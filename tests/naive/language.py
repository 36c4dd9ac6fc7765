"""Text of a rule -> tree. The grammar and the type rules of the manual, nothing more."""

import json
import re
from dataclasses import dataclass

from . import numbers

UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
DURATION = re.compile(r"(?:\d+(?:ms|[smhdw]))+(?![A-Za-z0-9_])", re.ASCII)
LEXEMES = re.compile(
    r"""(?P<skip>[ \t\r\n]+|\#[^\n]*)
      |(?P<duration>(?:\d+(?:ms|[smhdw]))+(?![A-Za-z0-9_.]))
      |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![A-Za-z0-9_]))
      |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
      |(?P<string>"(?:[^"\\]|\\.)*")
      |(?P<mark>==|!=|<=|>=|=~|!~|[-+*/<>=(){}\[\],.|])""",
    re.ASCII | re.VERBOSE,
)
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
KEYWORDS = ("and", "or", "not", "in")
NO_FIELDS = ("user", "type", "ts", "id")
COUNTS = ("count", "any", "none")
OF_FIELD = ("sum", "avg", "min", "max", "distinct", "repeats", "top", "first", "last")
TRUTHS = ("any", "none")


class LanguageError(Exception):
    """The text is not a rule of the language."""


@dataclass(eq=False)
class Constant:
    value: object  # a string, or a whole number of millionths


@dataclass(eq=False)
class Negate:
    operand: object


@dataclass(eq=False)
class Arithmetic:
    operator: str
    left: object
    right: object


@dataclass(eq=False)
class Compare:
    operator: str
    left: object
    right: object


@dataclass(eq=False)
class Among:
    operand: object
    constants: list


@dataclass(eq=False)
class And:
    parts: list


@dataclass(eq=False)
class Or:
    parts: list


@dataclass(eq=False)
class Not:
    operand: object


@dataclass(eq=False)
class Member:
    segment: str


@dataclass(eq=False)
class Trait:
    field: str


@dataclass(eq=False)
class Bucket:
    salt: str


@dataclass(eq=False)
class Matcher:
    field: str
    operator: str
    value: object  # a string, millionths, or a compiled expression

    def accepts(self, event):
        if self.operator in ("=~", "!~"):
            found = self.value.fullmatch(event.text(self.field)) is not None
            return found == (self.operator == "=~")
        if isinstance(self.value, str):
            return (event.text(self.field) == self.value) == (self.operator == "=")
        value = event.field(self.field)
        if value is None or isinstance(value, str):
            return False
        operator = "==" if self.operator == "=" else self.operator
        return holds(operator, value, self.value)


@dataclass(eq=False)
class Selector:
    types: list  # None for all
    field: str  # None where there is none
    matchers: list

    def accepts(self, event):
        if self.types is not None and event.type not in self.types:
            return False
        return all(matcher.accepts(event) for matcher in self.matchers)


@dataclass(eq=False)
class Aggregate:
    function: str
    selector: Selector
    window: int  # milliseconds, None for ever


@dataclass(eq=False)
class Elapsed:
    function: str  # since or age
    selector: Selector


@dataclass(eq=False)
class Decay:
    selector: Selector
    half_life: int


@dataclass(eq=False)
class Share:
    selector: Selector
    matchers: list
    window: int


@dataclass(eq=False)
class Seq:
    steps: list
    within: int
    by: str
    window: int


@dataclass(eq=False)
class Unanswered:
    steps: list
    within: int
    by: str
    window: int


def holds(operator, left, right):
    """A comparison of two texts or two numbers."""
    return {
        "==": left == right,
        "!=": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[operator]


def children(node):
    if isinstance(node, (And, Or)):
        return node.parts
    if isinstance(node, (Negate, Not, Among)):
        return [node.operand]
    if isinstance(node, (Arithmetic, Compare)):
        return [node.left, node.right]
    return []


def walk(node):
    yield node
    for child in children(node):
        yield from walk(child)


def is_truth(node):
    truths = (Compare, Among, And, Or, Not, Member, Seq, Unanswered)
    return isinstance(node, truths) or (isinstance(node, Aggregate) and node.function in TRUTHS)


def duration(text):
    """Milliseconds of a duration as it is written."""
    if not isinstance(text, str) or not DURATION.fullmatch(text):
        raise LanguageError(f"not a duration: {text!r}")
    parts = re.findall(r"(\d+)(ms|[smhdw])", text, re.ASCII)
    return sum(int(count) * UNITS[unit] for count, unit in parts)


def lex(text):
    tokens, at = [], 0
    while at < len(text):
        match = LEXEMES.match(text, at)
        if not match:
            raise LanguageError(f"column {at + 1}: unexpected {text[at]!r}")
        at = match.end()
        if match.lastgroup != "skip":
            tokens.append((match.lastgroup, match.group()))
    return tokens + [("end", "")]


class Parser:
    """Recursive descent, one method a line of the grammar."""

    def __init__(self, text):
        self.tokens = lex(text)
        self.at = 0

    def fail(self, wanted):
        raise LanguageError(f"{self.tokens[self.at][1]!r} where {wanted} is needed")

    def peek(self, *texts):
        kind, text = self.tokens[self.at]
        return kind in ("mark", "word") and text in texts

    def take(self, *texts):
        if not self.peek(*texts):
            return None
        self.at += 1
        return self.tokens[self.at - 1][1]

    def need(self, *texts):
        return self.take(*texts) or self.fail(" or ".join(texts))

    def take_kind(self, kind):
        if self.tokens[self.at][0] != kind:
            return None
        self.at += 1
        return self.tokens[self.at - 1][1]

    def whole(self):
        node = self.expr()
        if self.tokens[self.at][0] != "end":
            self.fail("the end")
        return node

    def expr(self):
        parts = [self.conjunction()]
        while self.take("or"):
            parts.append(self.conjunction())
        return Or([truth(part) for part in parts]) if len(parts) > 1 else parts[0]

    def conjunction(self):
        parts = [self.negation()]
        while self.take("and"):
            parts.append(self.negation())
        return And([truth(part) for part in parts]) if len(parts) > 1 else parts[0]

    def negation(self):
        if self.take("not"):
            return Not(truth(self.negation()))
        return self.comparison()

    def comparison(self):
        left = self.arith()
        operator = self.take(*COMPARISONS)
        if operator:
            return compare(operator, value(left), value(self.arith()))
        if self.take("in"):
            self.need("(")
            constants = [self.constant()]
            while self.take(","):
                constants.append(self.constant())
            self.need(")")
            no_score(value(left))
            return Among(left, constants)
        return left

    def arith(self):
        node = self.term()
        while operator := self.take("+", "-"):
            node = Arithmetic(operator, operand(node), operand(self.term()))
        return node

    def term(self):
        node = self.factor()
        while operator := self.take("*", "/"):
            node = Arithmetic(operator, operand(node), operand(self.factor()))
        return node

    def factor(self):
        if self.take("("):
            node = self.expr()
            self.need(")")
            return node
        if self.take("-"):
            node = self.factor()
            if isinstance(node, Constant) and not isinstance(node.value, str):
                return Constant(-node.value)
            return Negate(operand(node))
        if self.tokens[self.at][0] in ("number", "string", "duration"):
            return Constant(self.constant())
        return self.call()

    def constant(self):
        sign = -1 if self.take("-") else 1
        if text := self.take_kind("number"):
            number = numbers.read(text)
            if number is None:
                raise LanguageError(f"{text} is out of range")
            return sign * number
        if text := self.take_kind("duration"):
            return sign * numbers.clamp(duration(text) * 1000)
        if sign == 1 and (text := self.take_kind("string")):
            return json.loads(text, strict=False)
        return self.fail("a constant")

    def duration(self):
        text = self.take_kind("duration") or self.fail("a duration")
        return duration(text)

    def word(self):
        text = self.take_kind("word")
        if text:
            return text
        text = self.take_kind("string") or self.fail("a name")
        return json.loads(text, strict=False)

    def field(self):
        name = self.word()
        if name in NO_FIELDS:
            raise LanguageError(f"{name} is no field")
        return name

    def call(self):
        name = self.take_kind("word") or self.fail("a value")
        if name == "trait":
            self.need(".")
            return Trait(self.field())
        if name in KEYWORDS:
            self.fail("a value")
        self.need("(")
        if name in ("seq", "unanswered"):
            return self.pattern(name)
        node = self.function(name)
        self.need(")")
        return node

    def function(self, name):
        if name in COUNTS:
            return Aggregate(name, self.selector(False), self.window())
        if name in OF_FIELD:
            return Aggregate(name, self.selector(True), self.window())
        if name in ("since", "age"):
            return Elapsed(name, self.selector(False))
        if name == "decay":
            return Decay(self.selector(None), self.window() or self.fail("a half-life"))
        if name == "share":
            selector = self.selector(False)
            self.need(",")
            return Share(selector, self.matchers(), self.window())
        if name == "bucket":
            return Bucket(json.loads(self.take_kind("string") or self.fail("a salt"), strict=False))
        if name == "member":
            return Member(self.take_kind("word") or self.fail("a segment"))
        raise LanguageError(f"no function {name}")

    def pattern(self, name):
        steps = [self.selector(False)]
        while self.take(","):
            if self.tokens[self.at][0] == "duration":
                break
            steps.append(self.selector(False))
        if len(steps) < 2 or (name == "unanswered" and len(steps) > 2):
            raise LanguageError("a pattern takes two events" + ", or more" * (name == "seq"))
        if name == "seq":
            self.need("within")
        within, by = self.duration(), self.by()
        self.need(")")
        window = self.window()
        if name == "seq":
            return Seq(steps, within, by, window)
        if window is not None and window <= within:
            raise LanguageError("unanswered would never hold")
        return Unanswered(steps, within, by, window)

    def by(self):
        return self.field() if self.take("by") else None

    def window(self):
        self.need("[")
        if self.take("ever"):
            ms = None
        else:
            ms = self.duration()
            if ms == 0:
                raise LanguageError("a window is longer than 0")
        self.need("]")
        return ms

    def selector(self, wants_field):
        types = None
        if not self.take("*"):
            types = [self.word()]
            while self.take("|"):
                types.append(self.word())
        field = self.field() if self.take(".") else None
        if wants_field is not None and wants_field != (field is not None):
            raise LanguageError("a field is needed" if wants_field else "no field here")
        return Selector(types, field, self.matchers() if self.peek("{") else [])

    def matchers(self):
        self.need("{")
        found = [self.matcher()]
        while self.take(","):
            found.append(self.matcher())
        self.need("}")
        return found

    def matcher(self):
        field = self.field()
        operator = self.need("=", "!=", "=~", "!~", "<", "<=", ">", ">=")
        constant = self.constant()
        if operator in ("=~", "!~"):
            if not isinstance(constant, str):
                raise LanguageError("a regular expression is a string")
            return Matcher(field, operator, re.compile(constant, re.ASCII))
        if isinstance(constant, str) and operator not in ("=", "!="):
            raise LanguageError("texts have no order in a matcher")
        return Matcher(field, operator, constant)


def truth(node):
    if not is_truth(node):
        raise LanguageError("a number where a condition is needed")
    return node


def value(node):
    if is_truth(node):
        raise LanguageError("a condition where a number is needed")
    return node


def no_score(node):
    if isinstance(node, Decay):
        raise LanguageError("decay is compared with a constant by >= or < only")
    return node


def operand(node):
    if isinstance(node, (Elapsed, Decay)):
        raise LanguageError("since, age and decay are compared with a constant only")
    return value(node)


def compare(operator, left, right):
    for one, other in ((left, right), (right, left)):
        if isinstance(one, (Elapsed, Decay)):
            if not isinstance(other, Constant) or isinstance(other.value, str):
                raise LanguageError("since, age and decay are compared with a constant only")
    mirrored = {"<=": ">=", ">": "<"}
    if isinstance(left, Decay) and operator not in (">=", "<"):
        no_score(left)
    if isinstance(right, Decay) and operator not in mirrored:
        no_score(right)
    return Compare(operator, left, right)


def condition(text):
    return truth(Parser(text).whole())


def attachment(text):
    node = value(Parser(text).whole())
    if any(isinstance(part, Member) for part in walk(node)):
        raise LanguageError("no member in attach")
    return node
