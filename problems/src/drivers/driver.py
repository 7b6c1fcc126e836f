# Lies beside a Python submission in its box and enters it.
#
#   driver.py --check FILE...            looks at the syntax only
#   driver.py --enter NAME FILE ARG...   runs FILE as the interpreter would, or calls the function of a FILE that only
#                                        defines; NAME, unless empty, is the function to call whatever FILE does
#
# A function gets the values of standard input as arguments: JSON values one after another, and what is none is a word.
# Its result is printed: text as it is, anything else as JSON; nothing for None if the function printed something itself.
import sys

HERE = sys.path.pop(0) if not sys.flags.isolated else None
LOADED = set(sys.modules)

import ast

INPUT_OUTPUT = {
    "input", "print", "open", "stdin", "stdout", "stderr", "exit", "quit", "fileinput", "argv", "breakpoint",
    "read", "readline", "readlines", "write", "writelines", "raw_input", "exec", "eval",
}
SET_UP = {"setrecursionlimit", "set_int_max_str_digits", "stack_size", "seed", "filterwarnings", "simplefilter", "setcontext"}
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
CONTROL = (ast.If, ast.For, ast.While, ast.Try, ast.With) + ((ast.TryStar,) if hasattr(ast, "TryStar") else ())


def check(paths):
    for path in paths:
        with open(path, "rb") as file:
            source = file.read()
        try:
            compile(source, path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
            complain(error, 0)
            return 1
    return 0


def complain(error, frames):
    """Prints an exception as the interpreter does, without the driver's own frames."""
    trace = error.__traceback__
    for _ in range(frames):
        trace = trace.tb_next if trace is not None else None
    if frames == 0:
        trace = None
    sys.excepthook(type(error), error.with_traceback(trace), trace)


def names_in(node):
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr
        elif isinstance(part, ast.alias):
            yield part.name


def nested(statement):
    """The statements inside a control statement."""
    for field in ("body", "orelse", "finalbody"):
        yield from getattr(statement, field, [])
    for handler in getattr(statement, "handlers", []):
        yield from handler.body


def top_level(body):
    for statement in body:
        yield statement
        if isinstance(statement, CONTROL):
            yield from top_level(nested(statement))


class Source:
    """What the top level of a source does."""

    def __init__(self, tree):
        self.tree = tree
        self.functions, self.classes = {}, {}
        self.candidates = []  # names that hold a function, or may hold one, in the order of their definition
        for statement in top_level(tree.body):
            if isinstance(statement, FUNCTION):
                self.define(statement.name, statement)
            elif isinstance(statement, ast.ClassDef):
                self.classes[statement.name] = statement
            elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
                self.assign(statement)
        self.talking = self.who_talks()

    def assign(self, statement):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(statement.value, ast.Lambda):
                self.define(target.id, statement)
            elif isinstance(target, ast.Name) and isinstance(statement.value, ast.Call):
                self.candidates.append(target.id)

    def define(self, name, node):
        self.functions[name] = node
        self.candidates.append(name)

    def who_talks(self):
        """The functions and classes that read or write, or use one that does."""
        bodies = {name: set(names_in(node)) for name, node in {**self.functions, **self.classes}.items()}
        talking = set()
        while True:
            more = {name for name, names in bodies.items() if name not in talking and names & (INPUT_OUTPUT | talking)}
            if not more:
                return talking
            talking |= more

    def to_call(self):
        """The names of which the last that holds a function is called; None for a program.

        Without functions, the last public method of a class `Solution`."""
        if not all(map(self.is_definition, self.tree.body)):
            return None
        if self.functions:
            return self.candidates
        methods = [part.name for part in getattr(self.classes.get("Solution"), "body", []) if isinstance(part, FUNCTION)]
        public = [name for name in methods if not name.startswith("_")]
        return ["Solution." + public[-1]] if public else None

    def is_definition(self, statement):
        if isinstance(statement, FUNCTION + (ast.ClassDef, ast.Import, ast.ImportFrom, ast.Pass, ast.Delete)):
            return True
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and isinstance(statement.value, ast.Lambda):
            return True
        if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Assert)):
            return self.is_silent(statement)
        if isinstance(statement, ast.Expr):
            return self.is_set_up(statement.value)
        if isinstance(statement, CONTROL):
            if isinstance(statement, ast.If) and "__name__" in names_in(statement.test):
                return False
            heads = [part for part in ast.iter_child_nodes(statement) if not isinstance(part, (ast.stmt, ast.excepthandler))]
            return all(map(self.is_silent, heads)) and all(map(self.is_definition, nested(statement)))
        return isinstance(statement, (ast.Break, ast.Continue))

    def is_silent(self, node):
        return not (set(names_in(node)) & (INPUT_OUTPUT | self.talking))

    def is_set_up(self, value):
        if isinstance(value, ast.Constant):
            return True
        if not isinstance(value, ast.Call) or not self.is_silent(value):
            return False
        # `main()` runs the source; `sys.setrecursionlimit(n)` and `primes.append(2)` only prepare it.
        return isinstance(value.func, ast.Attribute) or getattr(value.func, "id", "") in SET_UP


def forget(path):
    """Unloads the library modules that only the driver wanted and that a file beside the source would hide."""
    import os

    for name in set(sys.modules) - LOADED:
        if os.path.exists(os.path.join(path, name.partition(".")[0] + ".py")):
            del sys.modules[name]


def run(code, path, name):
    """Runs a source as the module `name`."""
    module = type(sys)(name)
    module.__dict__.update(__file__=path, __builtins__=__builtins__, __annotations__={}, __cached__=None)
    sys.modules[name] = module
    exec(code, module.__dict__)
    return module


def values_of(text):
    decode = library.JSONDecoder().raw_decode
    values, all_json, at = [], True, 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text):
            return values, all_json
        try:
            value, end = decode(text, at)
            if end < len(text) and not text[end].isspace():
                raise ValueError
        except (ValueError, RecursionError):
            end = at
            while end < len(text) and not text[end].isspace():
                end += 1
            value, all_json = text[at:end], False
        values.append(value)
        at = end


def listed(text):
    """The JSON values that commas part; None if they do not."""
    try:
        return library.loads("[" + text + "]")
    except (ValueError, RecursionError):
        return None


def room(function):
    """The least and the most positional arguments that a function takes; None where nobody can say."""
    bound = 0
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    if hasattr(function, "__func__"):
        function, bound = function.__func__, 1
    code = getattr(function, "__code__", None)
    if code is None:
        return None
    most = code.co_argcount - bound
    least = most - len(function.__defaults__ or ())
    return least, None if code.co_flags & 0x04 else most


def arguments(function):
    """The values of the input; where a function of one parameter cannot take so many, all of them as one.

    A function without parameters gets nothing, and the input is left to it. One that needs a parameter gets the empty
    text of an empty input, and one that needs several may have commas between them."""
    takes = room(function)
    if takes == (0, 0):
        return []
    text = sys.stdin.read()
    values, all_json = values_of(text)
    if takes is not None and takes[0] == 1 and not values:
        return [""]
    if takes is not None and takes[0] > 1 and not all_json:
        return listed(text) or values
    if takes is None or takes[1] is None or len(values) <= takes[1] or takes[0] > 1:
        return values
    return [values if all_json else text.strip()]


class Counted:
    """Standard output that knows whether anything was written to it."""

    def __init__(self, stream):
        self.stream, self.used = stream, False

    def write(self, text):
        self.used = self.used or bool(text)
        return self.stream.write(text)

    def __getattr__(self, name):
        if name == "buffer":
            self.used = True
        return getattr(self.stream, name)


def plain(value):
    """What JSON has no form for, as something that it has one for."""
    if isinstance(value, (set, frozenset)):
        try:
            return sorted(value)
        except TypeError:
            return sorted(value, key=repr)
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "replace")
    if isinstance(value, complex):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "_asdict"):
        return value._asdict()
    if hasattr(value, "__dataclass_fields__"):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    if hasattr(value, "__next__") or hasattr(value, "__iter__"):
        return list(value)
    return str(value)


def find(module, name):
    """The function of this name; a method is bound to a new object of its class."""
    parts, found = name.split("."), module
    for part in parts:
        if isinstance(found, type):
            found = found()
        if not hasattr(found, part):
            return None
        found = getattr(found, part)
    return found if callable(found) else None


def is_function(value):
    return isinstance(value, type(main)) or hasattr(value, "__wrapped__") and not isinstance(value, type)


def call(module, names, guessed):
    if guessed and "." not in names[0]:
        names = [name for name in names if is_function(getattr(module, name, None))] or names
    function = find(module, names[-1])
    if function is None and not guessed and hasattr(module, "Solution"):
        function = find(module, "Solution." + names[-1])
    if function is None:
        sys.stderr.write("entry point '%s' is no function of the source\n" % names[-1])
        return 1
    given = arguments(function)
    out = sys.stdout = Counted(sys.stdout)
    try:
        result = enter(function, given)
        show(result, out)
    finally:
        sys.stdout = out.stream
    return 0


def enter(function, given):
    result = function(*given)
    if hasattr(result, "__await__"):
        import asyncio

        async def wait():
            return await result

        return asyncio.run(wait())
    return result


def show(result, out):
    if result is None and out.used:
        return
    if not isinstance(result, (str, list, dict, tuple, int, float, type(None))):
        result = plain(result)
    if isinstance(result, str):
        out.write(result + "\n")
        return
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(0)
    try:
        shown = library.dumps(result, default=plain, ensure_ascii=False)
    except (TypeError, ValueError):
        shown = repr(result)
    out.write(shown + "\n")


def main(name, path):
    import os

    with open(path, "rb") as file:
        text = file.read()
    path = os.path.abspath(path)
    beside = os.path.dirname(path)
    try:
        code = compile(text, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        complain(error, 0)
        return 1
    try:
        names = [name] if name else Source(ast.parse(text, path)).to_call()
    except (RecursionError, MemoryError):
        names = None
    if names:
        global library
        import json as library
    forget(beside)
    sys.argv = sys.argv[3:]
    sys.path.insert(0, beside)
    try:
        if not names:
            run(code, path, "__main__")
            return 0
        return call(run(code, path, "solution"), names, not name)
    except Exception as error:
        complain(error, own_frames(error))
        return 1


def own_frames(error):
    """How many of a traceback's first frames are the driver's."""
    count, trace = 0, error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == main.__code__.co_filename:
        count, trace = count + 1, trace.tb_next
    return count


if sys.argv[1] == "--check":
    sys.exit(check(sys.argv[2:]))
status = main(sys.argv[2], sys.argv[3])
if status:
    sys.exit(status)
