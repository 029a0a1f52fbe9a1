#!/usr/bin/env python3
"""Fails on an #include that docs/DESIGN.md, "Folders, and who may include whom", does not allow."""
import pathlib
import re
import sys

# folder -> folders it may include besides itself and include/eventsd
ALLOWED = {
    "core": {"protocol"},
    "protocol": set(),
    "net": set(),
    "server": {"core", "protocol", "net"},
    "auth": {"net", "protocol"},
    "data": {"net", "protocol/json_scanner", "protocol/text", "store/sqlite", "server/http_router", "server/http_message", "auth/iam"},
    "store": set(),
    "handler": {"net", "protocol"},
    "cluster": {"net", "core"},
    "config": set(),
    "admin": {"core", "net", "protocol", "server/http_router", "server/http_message", "auth/iam"},
    "app": {"*"},
}
# heavy headers -> the only places that may include them
CONFINED = {
    r"boost/beast": re.compile(r"src/(server/.*|net/(http_exchange|ws_client)\.cpp|boost_impl\.cpp)$"),
    r"sqlite3\.h": re.compile(r"(src/store/.*\.cpp|src/app/version\.cpp)$"),
    r"libpq-fe\.h": re.compile(r"src/data/rds/pg_.*\.cpp$"),
    r"nlohmann/json\.hpp": re.compile(r".*\.cpp$"),
    r"quickjs/": re.compile(r"src/handler/(engine.*\.(cpp|hpp)|js_value\.hpp)$"),
    r"yaml-cpp/": re.compile(r"(src/config/.*|src/app/version\.cpp)$"),
}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def faults(root: pathlib.Path):
    for path in sorted([*root.glob("src/**/*.[ch]pp"), *root.glob("include/**/*.hpp")]):
        name = path.relative_to(root).as_posix()
        parts = path.relative_to(root).parts
        folder = parts[1] if parts[0] == "src" and len(parts) > 2 else None
        for target in INCLUDE.findall(path.read_text()):
            for heavy, places in CONFINED.items():
                if re.match(heavy, target) and not places.match(name):
                    yield f"{name}: includes {target}, which is confined to {places.pattern}"
            other = target.split("/")[0]
            if parts[0] == "include" and other in ALLOWED:
                yield f"{name}: a public header includes {target}"
            if folder in ALLOWED and other in ALLOWED and other != folder:
                allowed = ALLOWED[folder]
                stem = target.rsplit(".", 1)[0]
                if "*" not in allowed and other not in allowed and stem not in allowed:
                    yield f"{name}: {folder}/ may not include {target}"
        if parts[0] == "include" and re.search(r"\bco_await\b", path.read_text()) and "task.hpp" not in name:
            yield f"{name}: a public header holds a coroutine"
        if folder and folder not in ALLOWED:
            yield f"{name}: src/{folder} is not in the table"


def main():
    found = list(faults(pathlib.Path(sys.argv[1])))
    print("\n".join(found) or "includes: as designed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
