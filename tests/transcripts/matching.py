"""Placeholders of transcripts: filling them in what is sent, matching them in what is expected.

Sent:      {{NAME}} a variable · {{b64:NAME}} {{b64url:NAME}} its base64 · {{repeat:TEXT:COUNT}}
Expected:  {{NAME}} a variable · {{any}} any text that is not empty · {{uuid}} · {{timestamp}} ·
           {{capture:NAME}} any text, kept as a variable · {{number}} as a whole value ·
           an object member written "name?" may be absent ·
           {"{{includes}}": {…}} ignores further members
"""

import base64
import json
import re

_PLACEHOLDER = re.compile(r"\{\{([^{}]*)\}\}")
_PATTERNS = {
    "any": r"(?s:.+)",
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "timestamp": r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z",
}


def _evaluate(name, variables):
    if name.startswith("repeat:"):
        text, _, count = name[len("repeat:"):].rpartition(":")
        return text * int(count)
    if name.startswith("b64:"):
        return base64.b64encode(fill(variables[name[4:]], variables).encode()).decode()
    if name.startswith("b64url:"):
        data = base64.urlsafe_b64encode(fill(variables[name[7:]], variables).encode())
        return data.decode().rstrip("=")
    if name not in variables:
        raise KeyError(f"unknown placeholder {{{{{name}}}}}")
    return variables[name]


def fill(value, variables):
    """The value with every placeholder replaced; one that is the whole text keeps its type."""
    if isinstance(value, dict):
        return {fill(k, variables): fill(v, variables) for k, v in value.items()}
    if isinstance(value, list):
        return [fill(v, variables) for v in value]
    if not isinstance(value, str):
        return value
    whole = _PLACEHOLDER.fullmatch(value)
    if whole:
        found = _evaluate(whole.group(1), variables)
        return fill(found, variables) if not isinstance(found, str) else found
    return _PLACEHOLDER.sub(lambda m: str(_evaluate(m.group(1), variables)), value)


def parse_json(text):
    """JSON that refuses a repeated member."""
    def members(pairs):
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a member occurs twice")
        return found
    return json.loads(text, object_pairs_hook=members)


def _short(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 400 else f"{text[:300]} … ({len(text)} characters)"


def _match_text(expected, actual, variables, captures):
    if not isinstance(actual, str):
        return False
    pattern, names, at = "", [], 0
    for found in _PLACEHOLDER.finditer(expected):
        pattern += re.escape(expected[at:found.start()])
        name = found.group(1)
        if name in _PATTERNS:
            pattern += _PATTERNS[name]
        elif name.startswith("capture:"):
            names.append(name[len("capture:"):])
            pattern += r"((?s:.+))"
        else:
            pattern += re.escape(str(_evaluate(name, variables)))
        at = found.end()
    if not at:
        return expected == actual
    pattern += re.escape(expected[at:])
    matched = re.fullmatch(pattern, actual)
    if matched:
        captures.update(zip(names, matched.groups()))
    return bool(matched)


def mismatch(expected, actual, variables, captures, where="message"):
    """None when `actual` is what was expected, else a sentence that says where it is not."""
    if isinstance(expected, str):
        if expected == "{{number}}":
            fits = isinstance(actual, (int, float)) and not isinstance(actual, bool)
        else:
            fits = _match_text(expected, actual, variables, captures)
        return None if fits else f"{where}: expected {_short(expected)}, got {_short(actual)}"
    if isinstance(expected, dict):
        if not isinstance(actual, dict):
            return f"{where}: expected an object, got {_short(actual)}"
        open_ended = set(expected) == {"{{includes}}"}
        wanted = expected["{{includes}}"] if open_ended else expected
        known = set()
        for key, value in wanted.items():
            optional, name = key.endswith("?"), key.rstrip("?")
            known.add(name)
            if name in actual:
                problem = mismatch(value, actual[name], variables, captures, f"{where}.{name}")
                if problem:
                    return problem
            elif not optional:
                return f"{where}.{name} is missing in {_short(actual)}"
        extra = set(actual) - known
        if extra and not open_ended:
            return f"{where} has the unexpected member {sorted(extra)[0]!r} in {_short(actual)}"
        return None
    if isinstance(expected, list):
        if not isinstance(actual, list) or len(expected) != len(actual):
            return f"{where}: expected {_short(expected)}, got {_short(actual)}"
        for i, (e, a) in enumerate(zip(expected, actual)):
            problem = mismatch(e, a, variables, captures, f"{where}[{i}]")
            if problem:
                return problem
        return None
    same = expected == actual and type(expected) is type(actual)
    return None if same else f"{where}: expected {_short(expected)}, got {_short(actual)}"
