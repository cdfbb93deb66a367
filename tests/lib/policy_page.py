"""usage: policy_page.py PAGE [KEYS]

Compare muster-policy(5) with the policies that muster-list takes.  The keys
that there are come from muster itself: of every mapping it is asked which keys
it expects, by an unknown one; KEYS is a file that remembers them.  Each
offence is a line; exit 1 if there is any.

  every key is in the page's section of its mapping, and in its example
  every key that a list of the page defines there is one
  every item of such a list has a type, and is required or has a default
  every example is a policy, with what it lacks added
"""
import json
import os
import re
import subprocess
import sys
import tempfile

# Section of the page -> the mapping that it is about.
SECTIONS = {"TOP LEVEL": "", "components.db": "components.db",
            "components.files": "components.files",
            "components.config": "components.config",
            "Stores": "stores.NAME", "Keys": "keys",
            "Objectives": "objectives", "Drill": "drill", "Gate": "gate",
            "Retention": "retention", "Notify": "notify"}
FREE = {"stores": "NAME"}       # mappings whose keys are names
ANY = {"components.config.require-keys"}
BASE = {
    "site": "site: s\n",
    "components": "components:\n  db: {databases: [d]}\n"
                  "  files: {paths: [/x]}\n",
    "stores": "stores:\n  local: {url: /nowhere}\n"
              "  offsite: {url: 's3://b/p',\n"
              "    object-lock: {mode: governance, days: 30}}\n",
    "keys": "keys: {writer: /nowhere}\n",
    "objectives": "objectives: {rto: 1h, rpo: 1h}\n",
}
offences = []


def refusal(policy):
    """Why muster refuses the policy; empty if it does not."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
        f.write(policy)
        f.flush()
        p = subprocess.run(["muster-list", "-p", f.name], text=True,
                           capture_output=True, check=False)
        head = f"muster-list: {f.name}:"
        return p.stderr[len(head):] if p.stderr.startswith(head) else ""


def completed(yaml):
    """The policy, with those keys at the top that it lacks."""
    have = re.findall(r"^(\S+?):", yaml, re.M)
    return yaml + "".join(v for k, v in BASE.items() if k not in have)


def nested(path, value):
    """{a: {b: value}} of a.b; a name that ends with [] is a list."""
    names = path.split(".") if path else []
    for name in reversed(names):
        if name.endswith("[]"):
            name, value = name[:-2], f"[{value}]"
        value = f"{{{name}: {value}}}"
    return value[1:-1] + "\n"


def expected(path):
    """The keys of the mapping at path, or None when there is none."""
    said = refusal(completed(nested(path, "{zzz: 1}")))
    m = re.search(r"zzz: unknown key: expected (.*)", said)
    return re.split(r", | or ", m.group(1)) if m else None


def discover(path, found):
    keys = [FREE[path]] if path in FREE else expected(path)
    if keys is None:
        return
    found[path] = set() if path in FREE else set(keys)
    for key in keys:
        child = f"{path}.{key}" if path else key
        if child in ANY:
            continue
        discover(child, found)
        discover(child + "[]", found)


def sections_of(page):
    parts = re.split(r'^\.S[hs] "?(.*?)"?$', page, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def examples_of(text):
    return re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", text, re.M | re.S)


def words_of(text):
    """What .Cm marks up, in lists or in sentences."""
    out = set()
    for line in re.findall(r"^\.(?:It )?Cm (.*)", text, re.M):
        out |= set(re.split(r"[ ,]+", line.split(" Pq ")[0]))
    return out


def check_items(title, text, keys):
    inner = re.compile(r"^\.Bl [^\n]*-compact\n.*?^\.El\n", re.M | re.S)
    outer = inner.sub("", text)
    for item in re.split(r"^\.It Cm ", text, flags=re.M)[1:]:
        head, _, body = item.partition("\n")
        names, _, kind = head.partition(" Pq ")
        for name in re.split(r" , ", names):
            if name not in keys:
                offences.append(f"{title}: {name} is no key there")
        if not kind:
            offences.append(f"{title}: {names} has no type")
        if f".It Cm {head}\n" not in outer:
            continue                    # an inner one says so in its words
        if "required" not in kind and not re.search(r"[Dd]efault", body):
            offences.append(f"{title}: {names} has no default")


def check_section(title, path, text, found):
    below = {p: k for p, k in found.items()
             if p == path or p.startswith(path + ".") or
             p.startswith(path + "[]")} if path else {"": found[""]}
    words, shown = words_of(text), "".join(examples_of(text))
    for where, keys in below.items():
        for key in keys:
            if key not in words:
                offences.append(f"{title}: does not tell {where}.{key}")
            if not re.search(rf"(?:^|[ {{]){key}:", shown, re.M):
                offences.append(f"{title}: its example lacks {key}")
    check_items(title, text, set().union(*below.values()))


def check_example(title, yaml):
    why = refusal(completed(yaml.replace("\\e", "\\")))
    if why:
        offences.append(f"{title}: its example is refused: {why.strip()}")


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        sections = sections_of(f.read())
    found = {}
    if len(sys.argv) > 2 and os.path.exists(sys.argv[2]):
        with open(sys.argv[2], encoding="utf-8") as f:
            found = {p: set(k) for p, k in json.load(f).items()}
    else:
        discover("", found)
    if len(sys.argv) > 2:
        with open(sys.argv[2], "w", encoding="utf-8") as f:
            json.dump({p: sorted(k) for p, k in found.items()}, f)
    if len(found) < 15 or sum(map(len, found.values())) < 60:
        sys.exit(f"too few keys were found: {found}")
    told = set()
    for title, path in SECTIONS.items():
        check_section(title, path, sections[title], found)
        told |= {p for p in found if path and p.startswith(path)}
    for path in set(found) - told - {"", "components", "stores"}:
        offences.append(f"no section tells of {path}")
    for title, text in sections.items():
        for yaml in examples_of(text):
            check_example(title, yaml)
    print("\n".join(offences), end="\n" if offences else "")
    sys.exit(1 if offences else 0)


os.environ.pop("MUSTER_POLICY", None)
main()
