"""A line of JSON becomes an event: user, type, ts, id and fields, or the reason why not."""

import json
import re
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from . import numbers

TEXT_BYTES_MAX = 1024
USER_BYTES_MAX = 256
EVENT_BYTES_MAX = 1 << 20
DEPTH_MAX = 64
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):(\d\d))\Z",
    re.ASCII,
)


class Token(str):
    """A JSON number as it was written."""


class Rejected(Exception):
    """A payload that cannot become an event; the text is the reason code."""


class Mapping:
    """Where the members of an event stand in the payload."""

    def __init__(self, settings=None):
        settings = settings or {}
        get = lambda name, default: settings.get("input.mapping." + name, default)
        self.user = pointers(get("user", "/user"))
        self.type = pointers(get("type", "/type"))
        self.time = pointers(get("time", "/ts"))
        self.id = pointers(get("id", "/id"))
        self.time_unit = get("time_unit", "auto")
        self.fields = dict(get("fields", {}))
        for key, value in settings.items():
            if key.startswith("input.mapping.fields."):
                self.fields[key.removeprefix("input.mapping.fields.")] = value
        self.fields_from = get("fields_from", "")
        self.zone = ZoneInfo(settings.get("input.time_zone", "UTC"))

    def pointer_of(self, field):
        if field in self.fields:
            return self.fields[field]
        return self.fields_from + "/" + field.replace("~", "~0").replace("/", "~1")


class Event:
    """One accepted payload. `line` is its source and its arrival."""

    def __init__(self, user, kind, ts, ident, payload, mapping, line):
        self.user = user
        self.type = kind
        self.ts = ts
        self.id = ident
        self.line = line
        self.payload = payload
        self.mapping = mapping
        self.known = {}

    def field(self, name):
        """A string, a whole number of millionths, or None where it is missing."""
        if name not in self.known:
            self.known[name] = self.find(name)
        return self.known[name]

    def find(self, name):
        if name in ("hour", "weekday"):
            local = (EPOCH + timedelta(milliseconds=self.ts)).astimezone(self.mapping.zone)
            return local.hour * numbers.MILLION if name == "hour" else WEEKDAYS[local.weekday()]
        return field_value(resolve(self.payload, self.mapping.pointer_of(name)))

    def text(self, name):
        """The field as a text, "" where it is missing."""
        value = self.field(name)
        if value is None:
            return ""
        return value if isinstance(value, str) else numbers.text(value)


def pointers(setting):
    if not setting:
        return []
    return [setting] if isinstance(setting, str) else list(setting)


def resolve(payload, pointer):
    value = payload
    for step in pointer.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and re.fullmatch(r"0|[1-9]\d*", step, re.ASCII):
            value = value[int(step)] if int(step) < len(value) else None
        else:
            return None
    return value


def field_value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Token):
        number = numbers.read(value)
        if number is not None:
            return number
        value = str(value)
    if not isinstance(value, str) or bytes_of(value) > TEXT_BYTES_MAX:
        return None
    return value


def bytes_of(text):
    return len(text.encode(errors="surrogatepass"))


def depth_of(value):
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth_of, inner), default=0) if isinstance(value, (dict, list)) else 0


def named(payload, places):
    """The first non-empty string or number among the places, as text."""
    for place in places:
        value = resolve(payload, place)
        if isinstance(value, str) and value:
            return value
    return None


def instant(value, unit):
    """Milliseconds since the epoch, rounded down; None where the value is no time."""
    if not isinstance(value, str):
        return None
    if isinstance(value, Token) or re.fullmatch(r"\d+", value, re.ASCII):
        return instant_of_number(value, unit)
    match = RFC3339.match(value)
    if not match:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    millis = int((match[7] or "0").ljust(3, "0")[:3])
    if second == 60:
        second, millis = 59, 999
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        return None
    ms = (moment - EPOCH) // timedelta(milliseconds=1) + millis
    if match[8]:
        return ms
    offset = (int(match[10]) * 60 + int(match[11])) * 60_000
    if int(match[10]) > 23 or int(match[11]) > 59:
        return None
    return ms - offset if match[9] == "+" else ms + offset


def instant_of_number(token, unit):
    sign, whole, fraction, exponent = numbers.TOKEN.match(token).groups()
    fraction = fraction or ""
    power = int(exponent or 0) - len(fraction)
    digits = (whole + fraction).lstrip("0")
    if sign and digits:
        return None
    if len(digits) + power > 30:
        return None
    if len(digits) + power < -10:
        return 0
    value, scale = int(digits or 0), 10 ** abs(power)
    top, bottom = (value * scale, 1) if power >= 0 else (value, scale)
    if unit == "auto":
        limits = ((10**11, "s"), (10**14, "ms"), (10**17, "us"))
        unit = next((name for limit, name in limits if top < limit * bottom), "ns")
    factor = {"s": (1000, 1), "ms": (1, 1), "us": (1, 1000), "ns": (1, 10**6)}[unit]
    return top * factor[0] // (bottom * factor[1])


def not_json(_):
    raise ValueError("not JSON")


def payload_of(raw):
    """The object in a line of bytes."""
    if len(raw) > EVENT_BYTES_MAX:
        raise Rejected("too_large")
    try:
        text = raw.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise Rejected("bad_utf8") from None
    if not text.strip(" \t\r\n"):
        raise Rejected("empty")
    try:
        payload = json.loads(text, parse_float=Token, parse_int=Token, parse_constant=not_json)
    except RecursionError:
        raise Rejected("too_deep") from None
    except ValueError:
        raise Rejected("not_json") from None
    if not isinstance(payload, dict):
        raise Rejected("not_json")
    if depth_of(payload) > DEPTH_MAX:
        raise Rejected("too_deep")
    return payload


def event_of(raw, line, mapping):
    """An Event of a line, text or bytes; or Rejected."""
    payload = payload_of(raw if isinstance(raw, bytes) else raw.encode())
    user = named(payload, mapping.user)
    if user is None or bytes_of(user) > USER_BYTES_MAX:
        raise Rejected("no_user")
    kind = named(payload, mapping.type)
    if kind is None or isinstance(kind, Token):
        raise Rejected("no_type")
    time = named(payload, mapping.time)
    if time is None:
        raise Rejected("no_time")
    ts = instant(time, mapping.time_unit)
    if ts is None or ts > 253402300799999:
        raise Rejected("bad_time")
    ident = named(payload, mapping.id)
    return Event(str(user), kind, ts, ident and str(ident), payload, mapping, line)
