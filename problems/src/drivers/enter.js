// Lies beside a JavaScript submission in its box and enters it. The second part of the driver, behind `scan.js`.
//
//   driver.js --check FILE...            looks at the syntax only (node --experimental-vm-modules)
//   driver.js --enter NAME FILE ARG...   runs FILE as node would, or calls the function of a FILE that only defines;
//                                        NAME, unless empty, is the function to call whatever FILE does
//
// A function gets the values of standard input as arguments: JSON values one after another, and what is none is a word.
// Its result, awaited, is printed: text as it is, anything else as JSON; nothing for undefined.

const fs = require('fs');
const path = require('path');
const util = require('util');
const vm = require('vm');
const Module = require('module');

const PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname'];

function check(files) {
  for (const file of files) {
    const text = withoutHashbang(fs.readFileSync(file, 'utf8'));
    try {
      if (isModuleSyntax(file, text)) new vm.SourceTextModule(text, { identifier: file });
      else vm.compileFunction(text, PARAMETERS, { filename: file });
    } catch (error) {
      process.stderr.write(`${String(error.stack).split('\n    at ')[0]}\n`);
      process.exitCode = 1;
      return;
    }
  }
}

function isModuleSyntax(file, text) {
  if (file.endsWith('.mjs')) return true;
  if (file.endsWith('.cjs')) return false;
  try {
    vm.compileFunction(text, PARAMETERS, { filename: file });
    return false;
  } catch (error) {
    return /import statement|import\.meta|Unexpected token 'export'|await is only valid/.test(error.message);
  }
}

function withoutHashbang(text) {
  return text.replace(/^\ufeff/, '').replace(/^#!.*/, '');
}

function enter(name, file, args) {
  file = path.resolve(file);
  const text = withoutHashbang(fs.readFileSync(file, 'utf8'));
  process.argv.splice(1, process.argv.length - 1, file, ...args);
  const isModule = isModuleSyntax(file, text);
  const names = name ? [name] : namesToCall(text);
  if (names) {
    setImmediate(callIn, file, text, names, isModule, !name);
  } else if (isModule && !nodeDetectsModules() && !file.endsWith('.mjs')) {
    setImmediate(() => importText(file, text));
  } else {
    // From a timer, so that no frame of the driver is below the source's.
    setImmediate(Module.runMain, file);
  }
}

/**
 * The names of a source that only defines, of which the last that holds a function is called; none where what it exports
 * is called; null for a program.
 */
function namesToCall(text) {
  try {
    const source = new Source(text);
    if (!source.onlyDefines()) return null;
    const exported = source.exported();
    if (exported === 'function') return [];
    if (source.functions.size > 0) return source.candidates;
    return exported === 'class' ? [] : ['Solution'];
  } catch (error) {
    if (error instanceof Confused) return null;
    throw error;
  }
}

function nodeDetectsModules() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major >= 22 || (major === 20 && minor >= 19);
}

/** Imports a text as a module that lies beside the file, where the box lets us write, else as it stands. */
function importText(file, text) {
  const beside = path.join(path.dirname(file), `.tribunal-${path.basename(file, path.extname(file))}.mjs`);
  let url;
  try {
    fs.writeFileSync(beside, text);
    url = require('url').pathToFileURL(beside).href;
  } catch {
    url = `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`;
  }
  return import(url);
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;
const KEY = 'tribunal entry';

async function callIn(file, text, names, isModule, guessed) {
  try {
    const { values, exported } = await load(file, text, names, isModule);
    const callee = choose(names, values, exported, guessed);
    if (typeof callee !== 'function') {
      process.stderr.write(`entry point '${names.length > 0 ? names[0] : 'exports'}' is no function of the source\n`);
      process.exitCode = 1;
      return;
    }
    let printed = false;
    const write = process.stdout.write;
    process.stdout.write = function (...args) {
      printed = true;
      return write.apply(this, args);
    };
    const result = await callee(...argumentsFor(callee));
    process.stdout.write = write;
    show(result, printed);
  } catch (error) {
    process.stderr.write(`${shown(error)}\n`);
    process.exit(1);
  }
}

/** An error as node prints it, without the driver's own frames. */
function shown(error) {
  const lines = util.inspect(error).split('\n');
  return lines.filter((line) => !(line.startsWith('    at ') && line.includes(__filename))).join('\n');
}

/** Runs the source and takes what its names hold at its end. */
async function load(file, text, names, isModule) {
  const roots = [...new Set([...names.map((name) => name.split('.')[0]), 'Solution'])].filter((root) => IDENTIFIER.test(root));
  const pairs = roots.map((root) => `${JSON.stringify(root)}: typeof ${root} === 'undefined' ? undefined : ${root}`);
  const object = `{ ${pairs.join(', ')} }`;
  if (isModule) {
    const key = `Symbol.for('${KEY}')`;
    const module = await importText(file, `${text}\n;globalThis[${key}] = ${object};\n`);
    return { values: globalThis[Symbol.for(KEY)], exported: module.default !== undefined ? module.default : module };
  }
  const module = new Module(file, null);
  module.filename = file;
  module.paths = Module._nodeModulePaths(path.dirname(file));
  module._compile(`${text}\n;module[${JSON.stringify(KEY)}] = ${object};\n`, file);
  return { values: module[KEY], exported: module.exports };
}

/** The function to call: the one named; else what the source exports, if that is one; else the last one defined. */
function choose(names, values, exported, guessed) {
  if (!guessed) {
    const [root, ...rest] = names[0].split('.');
    const target = values[root] === undefined ? own(exported, root) : values[root];
    if (target === undefined && isClass(values.Solution)) return bind(values.Solution, names, false);
    return bind(target, rest, false);
  }
  if (typeof exported === 'function' && !isClass(exported)) return exported;
  if (names.length === 0) {
    if (isClass(exported)) return bind(exported, [], true);
    const last = Object.keys(exported || {}).findLast((name) => typeof exported[name] === 'function' && !isClass(exported[name]));
    return last === undefined ? undefined : bind(exported, [last], true);
  }
  const name = names.findLast((one) => typeof values[one] === 'function' && (one === 'Solution' || !isClass(values[one])));
  return name === undefined ? undefined : bind(values[name], [], true);
}

function own(object, name) {
  return object !== null && ['object', 'function'].includes(typeof object) ? object[name] : undefined;
}

function isClass(value) {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

/** The function at the end of a path; a method is bound to a new object of its class. */
function bind(target, names, guessed) {
  if (isClass(target)) {
    const methods = Object.getOwnPropertyNames(target.prototype).filter((name) => name !== 'constructor' && !name.startsWith('_'));
    const statics = Object.getOwnPropertyNames(target).filter((name) => typeof target[name] === 'function');
    const name = names.length > 0 ? names[0] : guessed ? [...statics, ...methods].pop() : undefined;
    if (name === undefined) return undefined;
    const object = typeof target.prototype[name] === 'function' || !statics.includes(name) ? new target() : target;
    const method = object[name];
    return typeof method === 'function' ? keepLength(method.bind(object), method) : undefined;
  }
  return names.reduce((found, name) => {
    const method = own(found, name);
    return typeof method === 'function' ? keepLength(method.bind(found), method) : method;
  }, target);
}

function keepLength(bound, method) {
  bound.source = method;
  return bound;
}

/**
 * The values of the input; where a function of one parameter cannot take so many, all of them as one.
 * A function without parameters gets nothing, and the input is left to it. One of one parameter gets the empty text of
 * an empty input, and one of several may have commas between them.
 */
function argumentsFor(callee) {
  const method = callee.source || callee;
  const code = Function.prototype.toString.call(method);
  const parameters = parametersOf(code);
  const isOpen = parameters === null || /\.\.\.|=/.test(parameters) || /\barguments\b/.test(code);
  if (!isOpen && parameters.trim() === '') return [];
  const text = fs.readFileSync(0, 'utf8');
  const { values, allJson } = valuesOf(text);
  if (!isOpen && method.length === 1 && values.length > 1) return [allJson ? values : text.trim()];
  if (!isOpen && method.length === 1 && values.length === 0) return [''];
  if (method.length > 1 && !allJson) return listed(text) || values;
  return values;
}

/** The JSON values that commas part; null if they do not. */
function listed(text) {
  try {
    return JSON.parse(`[${text}]`);
  } catch {
    return null;
  }
}

/** The text of a function's parameters, as far as it can be told; null for what is not written in the language. */
function parametersOf(code) {
  if (code.includes('[native code]')) return null;
  const single = /^(?:async\s+)?([\p{ID_Continue}$]+)\s*=>/u.exec(code);
  if (single) return single[1];
  const open = code.indexOf('(');
  let depth = 0;
  for (let at = open; at < code.length; at++) {
    if (code[at] === '(') depth++;
    if (code[at] === ')' && --depth === 0) return code.slice(open + 1, at);
  }
  return null;
}

function valuesOf(text) {
  const values = [];
  let allJson = true;
  let at = 0;
  const isSpace = (letter) => /\s/.test(letter);
  for (;;) {
    while (at < text.length && isSpace(text[at])) at++;
    if (at === text.length) return { values, allJson };
    let end = jsonEnd(text, at);
    let value;
    try {
      if (end < text.length && !isSpace(text[end])) throw new SyntaxError();
      value = JSON.parse(text.slice(at, end));
    } catch {
      end = at;
      while (end < text.length && !isSpace(text[end])) end++;
      value = text.slice(at, end);
      allJson = false;
    }
    values.push(value);
    at = end;
  }
}

/** Where the JSON value that begins here would end. */
function jsonEnd(text, at) {
  let depth = 0;
  for (let end = at; end < text.length; end++) {
    const here = text[end];
    if (here === '"') {
      for (end++; end < text.length && text[end] !== '"'; end++) if (text[end] === '\\') end++;
    } else if (here === '[' || here === '{') {
      depth++;
    } else if (here === ']' || here === '}') {
      depth--;
    } else if (depth === 0 && !/[-+.\w]/.test(here)) {
      return end;
    }
    if (depth === 0 && /["\]}]/.test(here)) return end + 1;
  }
  return text.length;
}

function show(result, printed) {
  if (result === undefined || (result === null && printed)) return;
  if (typeof result === 'string') console.log(result);
  else if (typeof result === 'bigint' || typeof result === 'symbol') console.log(String(result));
  else if (typeof result === 'number') console.log(String(result));
  else {
    const shown = JSON.stringify(result, plain);
    console.log(shown === undefined ? String(result) : shown.replace(/"\\u0000big(-?\d+)"/g, '$1'));
  }
}

function plain(key, value) {
  if (value instanceof Set) return [...value];
  if (value instanceof Map) return Object.fromEntries(value);
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : `\0big${value}`;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return [...value];
  if (value && typeof value.next === 'function' && typeof value[Symbol.iterator] === 'function') return [...value];
  return value;
}

if (process.argv[2] === '--check') check(process.argv.slice(3));
else enter(process.argv[3], process.argv[4], process.argv.slice(5));
