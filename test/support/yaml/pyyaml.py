# Reads YAML with PyYAML, in both of its ways: a JSON string on each line, and what both understood as JSON, with the
# pairs of each mapping in a list.
import json
import sys

import yaml


def encode(value):
    """JSON has no dates and would make texts of other keys; JSON.parse reads keys wrongly (nodejs/node#63785)."""
    if type(value) is dict:
        for key in value:
            if type(key) is not str:
                raise ValueError(f"the key {key!r} is no text")
        return {"pairs": [[key, encode(inner)] for key, inner in value.items()]}
    if type(value) is list:
        return [encode(inner) for inner in value]
    if value is not None and type(value) not in (str, int, float, bool):
        raise ValueError(f"{value!r} is not JSON")
    return value


def read(text):
    one, other = (yaml.load(text, loader) for loader in (yaml.SafeLoader, yaml.CSafeLoader))
    if one != other:
        raise ValueError(f"read as {one!r} and as {other!r}")
    return encode(one)


for line in sys.stdin:
    try:
        answer = {"value": read(json.loads(line))}
    except Exception as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
