// What the top level of a JavaScript source does: only define, or more. The first part of the driver; `enter.js` is the rest.
//
// Node has no parser to ask, so this cuts the text into tokens and those into statements. The source is known to be
// valid; what is not understood is a program.
'use strict';

const INPUT_OUTPUT = new Set([
  'console', 'stdin', 'stdout', 'stderr', 'argv', 'exit', 'readFileSync', 'readFile', 'createReadStream', 'readSync',
  'writeSync', 'writeFileSync', 'openSync', 'createInterface', 'print', 'readline', 'prompt', 'eval', 'on', 'once',
]);

const KEYWORDS_BEFORE_REGEX = new Set([
  'return', 'typeof', 'instanceof', 'in', 'of', 'new', 'delete', 'void', 'throw', 'case', 'do', 'else', 'await', 'yield',
  'default', 'extends',
]);
const NAME = /[\p{ID_Start}$_#\\][\p{ID_Continue}$\u200c\u200d\\{}]*/uy;
const NUMBER = /0[xXbBoO][\da-fA-F_]+n?|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?[\d_]+)?n?/y;
const PUNCTUATOR = /\?\.(?!\d)|>>>=|\.\.\.|===|!==|\*\*=|<<=|>>=|>>>|&&=|\|\|=|\?\?=|=>|==|!=|<=|>=|&&|\|\||\?\?|\+\+|--|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|<<|>>|\*\*|[{}()[\];,<>+\-*/%&|^!~?:=.@]/y;

class Confused extends Error {}

function tokenize(text) {
  const tokens = [];
  const parens = []; // for each open bracket: the token before it, to tell `if (x) /re/` from `(x) / y`
  let at = text.startsWith('#!') ? lineEnd(text, 0) : 0;
  let newline = false;
  let closed = null;
  const push = (kind, end) => {
    tokens.push({ kind, text: text.slice(at, end), newline, start: at });
    newline = false;
    at = end;
  };
  while (at < text.length) {
    const here = text[at];
    const two = text.substr(at, 2);
    if (/\s|\ufeff/.test(here)) {
      newline = newline || /[\n\r\u2028\u2029]/.test(here);
      at++;
    } else if (two === '//') {
      at = lineEnd(text, at);
    } else if (two === '/*') {
      const end = text.indexOf('*/', at + 2);
      if (end < 0) throw new Confused();
      newline = newline || /[\n\r\u2028\u2029]/.test(text.slice(at, end));
      at = end + 2;
    } else if (here === '"' || here === "'") {
      push('string', quoteEnd(text, at));
    } else if (here === '`') {
      push('template', templateEnd(text, at));
    } else if (here === '/' && regexMayStart(tokens, closed)) {
      push('regex', regexEnd(text, at));
    } else if (match(NUMBER, text, at) && (/\d/.test(here) || /\d/.test(text[at + 1] || ''))) {
      push('number', NUMBER.lastIndex);
    } else if (match(NAME, text, at)) {
      push('name', nameEnd(text, at));
    } else if (match(PUNCTUATOR, text, at)) {
      const end = PUNCTUATOR.lastIndex;
      if ('([{'.includes(here)) parens.push(tokens[tokens.length - 1]);
      if (')]}'.includes(here)) closed = { bracket: here, before: parens.pop() };
      push('punctuator', end);
    } else {
      throw new Confused();
    }
  }
  return tokens;
}

function match(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.test(text);
}

function lineEnd(text, at) {
  const end = text.slice(at).search(/[\n\r\u2028\u2029]/);
  return end < 0 ? text.length : at + end;
}

function nameEnd(text, at) {
  // Braces belong to a name only in an escape such as \u{61}.
  const found = /(?:[\p{ID_Continue}$_#\u200c\u200d]|\\u\{[\da-fA-F]+\}|\\u[\da-fA-F]{4})+/uy;
  found.lastIndex = at;
  if (!found.test(text)) throw new Confused();
  return found.lastIndex;
}

function quoteEnd(text, at) {
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === '\\') end++;
    else if (text[end] === text[at]) return end + 1;
  }
  throw new Confused();
}

function templateEnd(text, at) {
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === '\\') end++;
    else if (text[end] === '`') return end + 1;
    else if (text.substr(end, 2) === '${') end = substitutionEnd(text, end + 2);
  }
  throw new Confused();
}

// The place of the brace that ends a template's substitution.
function substitutionEnd(text, at) {
  let depth = 0;
  for (let end = at; end < text.length; end++) {
    const here = text[end];
    if (here === '"' || here === "'") end = quoteEnd(text, end) - 1;
    else if (here === '`') end = templateEnd(text, end) - 1;
    else if (text.substr(end, 2) === '//') end = lineEnd(text, end);
    else if (text.substr(end, 2) === '/*') end = text.indexOf('*/', end + 2) + 1;
    else if (here === '{') depth++;
    else if (here === '}' && depth-- === 0) return end;
  }
  throw new Confused();
}

function regexMayStart(tokens, closed) {
  const last = tokens[tokens.length - 1];
  if (!last) return true;
  if (last.kind === 'name') return KEYWORDS_BEFORE_REGEX.has(last.text);
  if (last.kind !== 'punctuator') return false;
  if (last.text === ')') return ['if', 'while', 'for', 'with'].includes(closed && closed.before && closed.before.text);
  if (last.text === '}') return !(closed && closed.before && /^(?:=|\(|,|:|return|\?|\[|&&|\|\||\?\?)$/.test(closed.before.text));
  return last.text !== ']' && last.text !== '++' && last.text !== '--';
}

function regexEnd(text, at) {
  let inClass = false;
  for (let end = at + 1; end < text.length; end++) {
    const here = text[end];
    if (here === '\\') end++;
    else if (here === '\n' || here === '\r') break;
    else if (here === '[') inClass = true;
    else if (here === ']') inClass = false;
    else if (here === '/' && !inClass) {
      const flags = /[a-z]*/y;
      flags.lastIndex = end + 1;
      flags.test(text);
      return flags.lastIndex;
    }
  }
  throw new Confused();
}

/** Cuts tokens into the top level's statements, by the language's own rules for the ends of lines. */
class Statements {
  constructor(tokens) {
    this.tokens = tokens;
    this.at = 0;
  }

  all() {
    const statements = [];
    while (this.at < this.tokens.length) statements.push(this.statement());
    return statements;
  }

  word(ahead = 0) {
    const token = this.tokens[this.at + ahead];
    return token ? token.text : '';
  }

  statement() {
    const from = this.at;
    let kind = 'expression';
    let parts = [];
    const first = this.tokens[from].kind === 'name' ? this.word() : '';
    if (this.isFunction() || first === 'class') {
      kind = 'definition';
      this.definition();
    } else if (this.word() === '{') {
      kind = 'control';
      parts = this.block();
    } else if (['if', 'while', 'for', 'with'].includes(first)) {
      kind = 'control';
      this.at += this.word(1) === 'await' ? 2 : 1;
      this.brackets();
      parts = [this.statement()];
      if (first === 'if' && this.word() === 'else') {
        this.at++;
        parts.push(this.statement());
      }
    } else if (first === 'do') {
      kind = 'control';
      this.at++;
      parts = [this.statement()];
      this.at++;
      this.brackets();
      if (this.word() === ';') this.at++;
    } else if (first === 'try') {
      kind = 'control';
      this.at++;
      parts = this.block();
      while (this.word() === 'catch' || this.word() === 'finally') {
        this.at++;
        if (this.word() === '(') this.brackets();
        parts.push(...this.block());
      }
    } else if (first === 'switch') {
      kind = 'other';
      this.at++;
      this.brackets();
      this.brackets();
    } else if (first === 'export' && !['{', '*'].includes(this.word(1))) {
      this.at += this.word(1) === 'default' ? 2 : 1;
      const inner = this.statement();
      return { ...inner, exported: true, anonymous: this.tokens[from + 1].text === 'default' };
    } else {
      if (['import', 'export'].includes(first) && !['(', '.'].includes(this.word(1))) kind = 'import';
      if (['const', 'let', 'var'].includes(first) && !['=', '.', ';'].includes(this.word(1))) kind = 'variables';
      this.expression();
    }
    return { kind, tokens: this.tokens.slice(from, this.at), parts };
  }

  isFunction() {
    const isAsync = this.word() === 'async' && this.word(1) === 'function' && !this.tokens[this.at + 1].newline;
    return this.tokens[this.at].kind === 'name' && (isAsync || this.word() === 'function');
  }

  /** A function or class with its body. */
  definition() {
    const isClass = this.word() === 'class';
    while (this.at < this.tokens.length && this.word() !== '{') {
      if (!isClass && this.word() === '(') this.brackets();
      else if (this.word() === '(' || this.word() === '[') this.brackets();
      else this.at++;
    }
    this.brackets();
  }

  block() {
    if (this.word() !== '{') throw new Confused();
    const end = this.matching();
    this.at++;
    const parts = [];
    while (this.at < end) parts.push(this.statement());
    this.at = end + 1;
    return parts;
  }

  brackets() {
    if (!'([{'.includes(this.word()) || this.word() === '') throw new Confused();
    this.at = this.matching() + 1;
  }

  matching() {
    let depth = 0;
    for (let at = this.at; at < this.tokens.length; at++) {
      const { kind, text } = this.tokens[at];
      if (kind !== 'punctuator') continue;
      if ('([{'.includes(text)) depth++;
      if (')]}'.includes(text) && --depth === 0) return at;
    }
    throw new Confused();
  }

  /** Up to the semicolon, or the line's end where the language puts one. */
  expression() {
    const from = this.at;
    while (this.at < this.tokens.length) {
      const token = this.tokens[this.at];
      if (token.kind === 'punctuator' && token.text === ';') {
        this.at++;
        return;
      }
      if (token.kind === 'punctuator' && token.text === '}') {
        if (this.at === from) throw new Confused();
        return;
      }
      if (this.at > from && token.newline && this.lineEnds(this.tokens[this.at - 1], token)) return;
      if (token.kind === 'punctuator' && '([{'.includes(token.text)) this.brackets();
      else this.at++;
    }
  }

  lineEnds(before, after) {
    const openEnd = before.kind === 'punctuator' && ![')', ']', '}', '++', '--'].includes(before.text);
    const openWord = before.kind === 'name' && KEYWORDS_BEFORE_REGEX.has(before.text);
    const goesOn =
      (after.kind === 'punctuator' && !['{', '}', '!', '~', '++', '--', '@', ';'].includes(after.text)) ||
      after.kind === 'template' ||
      (after.kind === 'name' && ['in', 'instanceof', 'of', 'from', 'as'].includes(after.text));
    return !openEnd && !openWord && !goesOn;
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// What the top level of a source does.

class Source {
  constructor(text) {
    this.statements = new Statements(tokenize(text)).all();
    this.functions = new Map();
    this.classes = new Map();
    this.candidates = []; // names that hold a function, or may hold one, in the order of their definition
    this.statements.forEach((statement) => this.define(statement));
    this.talking = this.whoTalks();
  }

  define(statement) {
    const words = statement.tokens.filter((token) => !['export', 'default', 'async'].includes(token.text));
    if (statement.kind === 'definition') {
      const at = words[1] && words[1].text === '*' ? 2 : 1;
      const named = words[at] && words[at].kind === 'name' && words[at].text !== 'extends';
      const name = named ? words[at].text : null;
      if (words[0].text === 'class') this.classes.set(name, statement.tokens);
      else if (name) this.add(name, statement.tokens);
    } else if (statement.kind === 'variables') {
      for (const { name, value } of declarators(statement.tokens)) {
        if (name && isFunction(value)) this.add(name, value);
        else if (name && value[0] && value[0].text === 'class') this.classes.set(name, value);
        else if (name && value[1] && value[1].text === '(' && value[0].text !== 'require') this.candidates.push(name);
      }
    } else if (statement.kind === 'control') {
      statement.parts.forEach((part) => part.kind === 'definition' && this.define(part));
    }
  }

  add(name, tokens) {
    this.functions.set(name, tokens);
    this.candidates.push(name);
  }

  /** The functions and classes that read or write, or use one that does. */
  whoTalks() {
    const talking = new Set();
    const bodies = [...this.functions, ...this.classes];
    for (let more = true; more; ) {
      more = false;
      for (const [name, tokens] of bodies) {
        const named = tokens[0] && tokens[0].text === name ? tokens.slice(1) : tokens;
        if (!talking.has(name) && named.some((token) => this.talks(token, talking) && token.text !== name)) {
          talking.add(name);
          more = true;
        }
      }
    }
    return talking;
  }

  talks(token, talking = this.talking) {
    if (token.kind === 'template') return /\$\{[^}]*\b(?:console|process|readFileSync)\b/.test(token.text);
    return token.kind === 'name' && (INPUT_OUTPUT.has(token.text) || talking.has(token.text));
  }

  isSilent(tokens) {
    return !tokens.some((token) => this.talks(token));
  }

  onlyDefines() {
    const hasFunction = this.functions.size > 0 || this.exported() !== null || this.classes.has('Solution');
    return hasFunction && this.statements.every((statement) => this.isDefinition(statement));
  }

  /** What the last statement that exports a function or class without a name of its own exports; null if none does. */
  exported() {
    return this.statements.reduce((found, statement) => exportedBy(statement) || found, null);
  }

  isDefinition(statement) {
    const { kind, tokens, parts } = statement;
    if (kind === 'definition' || kind === 'import' || statement.exported && isFunction(tokens)) return true;
    if (kind === 'variables') return declarators(tokens).every(({ value }) => isFunction(value) || this.isSilent(value));
    if (kind === 'control') {
      const inside = new Set(parts.flatMap((part) => part.tokens));
      const heads = tokens.filter((token) => !inside.has(token));
      const isMain = tokens.slice(0, 12).map((token) => token.text).join('').includes('require.main');
      return !isMain && this.isSilent(heads) && parts.every((part) => this.isDefinition(part));
    }
    return kind === 'expression' && (statement.exported || this.isQuietExpression(tokens));
  }

  isQuietExpression(tokens) {
    const words = tokens.map((token) => token.text);
    if (words.length === 0 || words[0] === ';') return true;
    if (tokens[0].kind === 'string' && words.length <= 2) return true;
    const assigned = words.indexOf('=');
    if (assigned > 0) {
      const value = tokens.slice(assigned + 1);
      return isFunction(value) || words.slice(0, assigned).join('').match(/^(?:module\.)?exports\b/) !== null || this.isSilent(value);
    }
    // `main()` and `(function () { ... })()` run the source; `memo.set(0, 1)` and `count++` only prepare it.
    const isCall = words.includes('(');
    const isMethod = tokens[0].kind === 'name' && words[1] === '.' && words[0] !== 'process';
    return this.isSilent(tokens) && (!isCall || isMethod || words[0] === 'require');
  }
}

/** Says whether a statement exports a function or a class that it defines; null if it does not. */
function exportedBy(statement) {
  const { kind, tokens, anonymous } = statement;
  const words = tokens.map((token) => token.text);
  let value = null;
  if (anonymous) value = kind === 'definition' ? tokens : isFunction(tokens) ? tokens : null;
  else if (/^(?:module\.)?exports(?:\.[^.=]+)?=/.test(words.slice(0, 6).join(''))) {
    value = tokens.slice(words.indexOf('=') + 1);
    if (value[0] && value[0].text === '{') return hasFunctionInside(value) ? 'function' : null;
    if (!isFunction(value)) return null;
  }
  if (value === null || value.length === 0) return null;
  return value[0].text === 'class' ? 'class' : 'function';
}

/** Says whether an object's text has a function or a method in it. */
function hasFunctionInside(tokens) {
  return tokens.some(({ text }, at) => {
    const next = tokens[at + 1] ? tokens[at + 1].text : '';
    return text === '=>' || text === 'function' || (text === ')' && next === '{');
  });
}

/** The names and values of a declaration; a pattern has no name. */
function declarators(tokens) {
  const found = [];
  let depth = 0;
  let current = { name: null, value: [], seen: false };
  for (const token of tokens.slice(1)) {
    const { kind, text } = token;
    const outside = depth === 0 && kind === 'punctuator';
    if (kind === 'punctuator' && '([{'.includes(text)) depth++;
    if (kind === 'punctuator' && ')]}'.includes(text)) depth--;
    if (outside && (text === ',' || text === ';')) {
      found.push(current);
      current = { name: null, value: [], seen: false };
    } else if (outside && text === '=' && !current.seen) {
      current.seen = true;
    } else if (current.seen) {
      current.value.push(token);
    } else if (kind === 'name' && depth === 0 && current.name === null) {
      current.name = text;
    }
  }
  if (current.name !== null || current.value.length > 0) found.push(current);
  return found;
}

/** Says whether an expression is a function or class and nothing else. */
function isFunction(tokens) {
  let words = tokens.filter((token) => token.text !== ';');
  if (words.length && words[0].text === 'async') words = words.slice(1);
  if (!words.length) return false;
  const closing = (from) => {
    let depth = 0;
    for (let at = from; at < words.length; at++) {
      if (words[at].kind !== 'punctuator') continue;
      if ('([{'.includes(words[at].text)) depth++;
      if (')]}'.includes(words[at].text) && --depth === 0) return at;
    }
    return -1;
  };
  if (words[0].text === 'function' || words[0].text === 'class') {
    let at = 1;
    while (at < words.length && words[at].text !== '{') at = '(['.includes(words[at].text) ? closing(at) + 1 : at + 1;
    return closing(at) === words.length - 1;
  }
  const arrow = words[0].text === '(' ? closing(0) + 1 : words[0].kind === 'name' ? 1 : -1;
  if (arrow < 1 || !words[arrow] || words[arrow].text !== '=>') return false;
  return words[arrow + 1] && (words[arrow + 1].text !== '{' || closing(arrow + 1) === words.length - 1);
}
