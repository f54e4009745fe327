/** A callable that loading the pickle would look up, `module` and `name` as written. */
export interface PickleGlobal {
  readonly module: string;
  readonly name: string;
}

export interface PickleFacts {
  readonly globals: readonly PickleGlobal[];
  /** stopped: the end was reached. broken: the stream left the opcode grammar (damage, a trick, an unknown array). */
  readonly end: "stopped" | "broken" | "limit";
  /** Names seen by their bytes after the stream broke. */
  readonly stray: readonly PickleGlobal[];
  /** Whether it sets attributes of what it imported, a class or a module, instead of an object it made. */
  readonly tampers: boolean;
  /** Byte at which the walk ended. */
  readonly at: number;
}

/** What the walk knows of a value; it only follows what is needed to see names, and to skip arrays. */
type Value = string | number | readonly Value[] | Map<Value, Value> | Named | Made | undefined;

interface Named {
  readonly module: string;
  readonly name: string;
}

interface Made {
  readonly maker: Named;
  readonly arguments: Value;
}

const mark = Symbol("mark");

const maxOpcodes = 20_000_000;
const maxStack = 1_000_000;
const maxNames = 100_000;
const maxNameLength = 1000;
const latin = new TextDecoder("latin1");
const utf8 = new TextDecoder();

/**
 * Walks the opcodes of one or more pickles and notes what they would import. Follows the stack and the memo, so that
 * names built from remembered strings and attributes reached by getattr are seen, and skips the raw arrays that joblib
 * writes between opcodes. Executes nothing; bounded in opcodes and stack.
 */
export function scanPickle(bytes: Uint8Array): PickleFacts {
  const globals = nameList();
  const tail = nameList();
  let at = 0;
  let opcodes = 0;
  for (;;) {
    const walk = walkOne(bytes, at, globals, maxOpcodes - opcodes, 0);
    opcodes += walk.opcodes;
    at = walk.at;
    const facts = { globals: globals.all, tampers: globals.tampers, at };
    if (walk.end === "broken") return { ...facts, end: "broken", stray: findStray(bytes, at) };
    if (walk.end === "limit") return { ...facts, end: "limit", stray: [] };
    // torch's old format writes several pickles in a row, and then raw numbers.
    if (bytes[at] === 0x80 && (bytes[at + 1] ?? 9) <= 5) continue;
    // A pickle of the old protocols has no head: what follows is walked too, and judged by what is surely dangerous.
    if (at < bytes.length) walkOne(bytes, at, tail, Math.min(100_000, maxOpcodes - opcodes), 0);
    return { ...facts, end: "stopped", stray: tail.all };
  }
}

/** Distinct names in the order they were seen. */
interface NameList {
  readonly all: PickleGlobal[];
  readonly seen: Set<string>;
  tampers: boolean;
}

function nameList(): NameList {
  return { all: [], seen: new Set(), tampers: false };
}

function note(list: NameList, named: PickleGlobal): void {
  const key = `${named.module}\n${named.name}`;
  if (list.seen.has(key)) return;
  list.seen.add(key);
  list.all.push(named);
}

interface Walk {
  readonly at: number;
  readonly end: PickleFacts["end"];
  readonly opcodes: number;
}

function walkOne(bytes: Uint8Array, from: number, globals: NameList, budget: number, depth: number): Walk {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: (Value | typeof mark)[] = [];
  const memo = new Map<number, Value>();
  let at = from;
  let opcodes = 0;
  /** How often getattr lay on the stack, and how often a call of it was understood. */
  let attributes = 0;

  function walk(): PickleFacts["end"] {
    while (at < bytes.length) {
      if (++opcodes > budget || stack.length > maxStack || globals.all.length > maxNames) return "limit";
      const code = bytes[at++] as number;
      if (code === 0x2e) return "stopped";
      if (!step(code)) return "broken";
    }
    return "broken";
  }

  function push(value: Value): boolean {
    if (isGetattr(value)) attributes++;
    stack.push(value);
    return true;
  }

  function pop(): Value {
    const value = stack.pop();
    return value === mark ? undefined : value;
  }

  function popMark(): Value[] {
    const index = stack.lastIndexOf(mark);
    return stack.splice(Math.max(0, index)).filter((value) => value !== mark);
  }

  function top(): Value {
    const value = stack.at(-1);
    return value === mark ? undefined : value;
  }

  function take(width: number): DataView | undefined {
    if (at + width > bytes.length) return undefined;
    at += width;
    return new DataView(view.buffer, view.byteOffset + at - width, width);
  }

  function line(): string | undefined {
    const end = bytes.indexOf(10, at);
    if (end < 0) return undefined;
    const text = latin.decode(bytes.subarray(at, end));
    at = end + 1;
    return text;
  }

  function sized(width: 1 | 4 | 8): Uint8Array | undefined {
    const head = take(width);
    if (!head) return undefined;
    const length =
      width === 1 ? head.getUint8(0) : width === 4 ? head.getUint32(0, true) : Number(head.getBigUint64(0, true));
    if (length > bytes.length - at) return undefined;
    at += length;
    return bytes.subarray(at - length, at);
  }

  function pushNamed(module: string | undefined, name: string | undefined): boolean {
    if (module === undefined || name === undefined) return false;
    const named = { module, name };
    if (!isGetattr(named)) note(globals, named);
    return push(named);
  }

  /** getattr(Class, "method") is the name Class.method; other calls make an object. */
  function call(maker: Value, given: Value): Value {
    if (!isNamed(maker)) return undefined;
    if (!isGetattr(maker)) return { maker, arguments: given };
    const [owner, name] = Array.isArray(given) ? (given as readonly Value[]) : [];
    if (!isNamed(owner) || typeof name !== "string" || isGetattr(owner)) return undefined;
    if (owner.name.length + name.length > maxNameLength) return undefined;
    attributes--;
    const named = { module: owner.module, name: `${owner.name}.${name}` };
    note(globals, named);
    return named;
  }

  /** joblib writes an array's bytes right after the object that describes it. */
  function skipArray(described: Value, state: Value): boolean {
    if (!isMade(described) || !described.maker.name.endsWith("NumpyArrayWrapper") || !(state instanceof Map))
      return true;
    const length = arrayBytes(state);
    if (length === undefined) return false;
    if (length === "pickled") {
      if (depth > 50) return false;
      const inner = walkOne(bytes, at, globals, budget - opcodes, depth + 1);
      opcodes += inner.opcodes;
      at = inner.at;
      return inner.end === "stopped";
    }
    if (typeof state.get("numpy_array_alignment_bytes") === "number") at += 1 + (bytes[at] ?? 0);
    at += length;
    return at <= bytes.length;
  }

  function step(code: number): boolean {
    switch (code) {
      case 0x28: // MARK
        stack.push(mark);
        return true;
      case 0x30: // POP
        stack.pop();
        return true;
      case 0x31: // POP_MARK
        popMark();
        return true;
      case 0x32: // DUP
        return push(top());
      case 0x49: // INT
      case 0x4c: {
        // LONG
        const text = line();
        return text !== undefined && push(Number.parseInt(text, 10));
      }
      case 0x46: // FLOAT
      case 0x50: // PERSID
        return line() !== undefined && push(undefined);
      case 0x53: {
        // STRING
        const text = line();
        return text !== undefined && push(text.replace(/^['"]|['"]$/g, ""));
      }
      case 0x56: {
        // UNICODE
        const text = line();
        return text !== undefined && push(text);
      }
      case 0x63: // GLOBAL
        return pushNamed(line(), line());
      case 0x69: {
        // INST
        const module = line();
        const name = line();
        const given = popMark();
        return pushNamed(module, name) && push(call(pop(), given));
      }
      case 0x93: {
        // STACK_GLOBAL
        const name = pop();
        const module = pop();
        return pushNamed(typeof module === "string" ? module : "?", typeof name === "string" ? name : "?");
      }
      case 0x82: // EXT1
      case 0x83: // EXT2
      case 0x84: // EXT4: a callable of the process's own registry
        return take(code === 0x82 ? 1 : code === 0x83 ? 2 : 4) !== undefined && pushNamed("copyreg", "extension");
      case 0x54: // BINSTRING
      case 0x58: // BINUNICODE
      case 0x55: // SHORT_BINSTRING
      case 0x8c: // SHORT_BINUNICODE
      case 0x8d: {
        // BINUNICODE8
        const body = sized(code === 0x55 || code === 0x8c ? 1 : code === 0x8d ? 8 : 4);
        return body !== undefined && push(body.length <= 512 ? utf8.decode(body) : undefined);
      }
      case 0x42: // BINBYTES
      case 0x43: // SHORT_BINBYTES
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return sized(code === 0x43 ? 1 : code === 0x42 ? 4 : 8) !== undefined && push(undefined);
      case 0x8a: // LONG1
      case 0x8b: {
        // LONG4
        const body = sized(code === 0x8a ? 1 : 4);
        return (
          body !== undefined &&
          push(body.length <= 6 ? body.reduceRight((sum, byte) => sum * 256 + byte, 0) : undefined)
        );
      }
      case 0x67: // GET
      case 0x68: // BINGET
      case 0x6a: {
        // LONG_BINGET
        const key = memoKey(code, 0x67, 0x68);
        return key !== undefined && push(memo.get(key));
      }
      case 0x70: // PUT
      case 0x71: // BINPUT
      case 0x72: {
        // LONG_BINPUT
        const key = memoKey(code, 0x70, 0x71);
        if (key !== undefined) memo.set(key, top());
        return key !== undefined;
      }
      case 0x94: // MEMOIZE
        memo.set(memo.size, top());
        return true;
      case 0x4a: {
        // BININT
        const head = take(4);
        return head !== undefined && push(head.getInt32(0, true));
      }
      case 0x4b: {
        // BININT1
        const head = take(1);
        return head !== undefined && push(head.getUint8(0));
      }
      case 0x4d: {
        // BININT2
        const head = take(2);
        return head !== undefined && push(head.getUint16(0, true));
      }
      case 0x47: // BINFLOAT
        return take(8) !== undefined && push(undefined);
      case 0x80: // PROTO
        return take(1) !== undefined;
      case 0x95: // FRAME
        return take(8) !== undefined;
      case 0x7d: // EMPTY_DICT
        return push(new Map());
      case 0x29: // EMPTY_TUPLE
        return push([]);
      case 0x4e: // NONE
      case 0x5d: // EMPTY_LIST
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
      case 0x8f: // EMPTY_SET
      case 0x97: // NEXT_BUFFER
        return push(undefined);
      case 0x98: // READONLY_BUFFER
        return true;
      case 0x51: // BINPERSID
        pop();
        return push(undefined);
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: {
        // TUPLE3
        const items: Value[] = [];
        for (let left = code - 0x84; left > 0; left--) items.unshift(pop());
        return pushTuple(items);
      }
      case 0x74: // TUPLE
        return pushTuple(popMark());
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const given = pop();
        return push(call(pop(), given));
      }
      case 0x92: {
        // NEWOBJ_EX
        pop();
        const given = pop();
        return push(call(pop(), given));
      }
      case 0x6f: {
        // OBJ
        const [maker, ...given] = popMark();
        return push(call(maker, given));
      }
      case 0x62: {
        // BUILD
        const state = pop();
        if (isNamed(top())) globals.tampers = true;
        return skipArray(top(), state);
      }
      case 0x61: // APPEND
        pop();
        return true;
      case 0x73: {
        // SETITEM
        const value = pop();
        const key = pop();
        setItems(top(), [key, value]);
        return true;
      }
      case 0x75: {
        // SETITEMS
        const items = popMark();
        setItems(top(), items);
        return true;
      }
      case 0x65: // APPENDS
      case 0x90: // ADDITEMS
        popMark();
        return true;
      case 0x64: {
        // DICT
        const made = new Map<Value, Value>();
        setItems(made, popMark());
        return push(made);
      }
      case 0x6c: // LIST
      case 0x91: // FROZENSET
        popMark();
        return push(undefined);
      default:
        at--;
        return false;
    }
  }

  function memoKey(code: number, text: number, short: number): number | undefined {
    if (code === text) {
      const value = Number(line());
      return Number.isInteger(value) ? value : undefined;
    }
    const head = take(code === short ? 1 : 4);
    return code === short ? head?.getUint8(0) : head?.getUint32(0, true);
  }

  /** Tuples longer than a shape or a call's arguments are of no interest. */
  function pushTuple(items: readonly Value[]): boolean {
    return push(items.length <= 64 ? items : undefined);
  }

  const end = walk();
  if (attributes > 0) note(globals, { module: "builtins", name: "getattr" });
  return { at, end, opcodes };
}

function setItems(target: Value, items: readonly Value[]): void {
  // Only small dictionaries with names as keys describe objects.
  if (!(target instanceof Map) || target.size > 64) return;
  for (let index = 0; index + 1 < items.length && target.size <= 64; index += 2) {
    if (typeof items[index] === "string") target.set(items[index], items[index + 1]);
  }
}

function isNamed(value: Value): value is Named {
  return typeof value === "object" && "module" in value;
}

function isMade(value: Value): value is Made {
  return typeof value === "object" && "maker" in value;
}

function isGetattr(value: Value): boolean {
  return isNamed(value) && value.name === "getattr" && (value.module === "builtins" || value.module === "__builtin__");
}

/** Bytes of the array that a joblib wrapper describes; `pickled` for arrays of objects; undefined when it is unclear. */
function arrayBytes(state: ReadonlyMap<Value, Value>): number | "pickled" | undefined {
  const shape = state.get("shape");
  const type = state.get("dtype");
  if (!Array.isArray(shape) || !isMade(type) || !Array.isArray(type.arguments)) return undefined;
  const code: unknown = type.arguments[0];
  const found = typeof code === "string" ? /^[|<>=]?([A-Za-z?])(\d+)$/.exec(code) : null;
  if (!found) return undefined;
  if (found[1] === "O") return "pickled";
  const width = Number(found[2]) * (found[1] === "U" ? 4 : 1);
  let count = 1;
  for (const size of shape) {
    if (typeof size !== "number") return undefined;
    count *= size;
  }
  return count * width;
}

/** After the grammar is lost: global opcodes found by their own bytes. Callers judge them by deny-list only. */
function findStray(bytes: Uint8Array, from: number): PickleGlobal[] {
  const found: PickleGlobal[] = [];
  const text = latin.decode(bytes.subarray(from));
  for (const match of text.matchAll(/[ci]([A-Za-z_][\w.]{1,100})\n([A-Za-z_][\w.]{0,100})\n/g))
    found.push({ module: match[1] ?? "", name: match[2] ?? "" });
  const strings: { at: number; end: number; value: string }[] = [];
  for (let at = text.indexOf("\x8c"); at >= 0 && strings.length < 200_000; at = text.indexOf("\x8c", at + 1)) {
    const length = text.charCodeAt(at + 1);
    const value = text.slice(at + 2, at + 2 + length);
    if (length > 0 && /^[A-Za-z_][\w.]*$/.test(value)) strings.push({ at, end: at + 2 + length, value });
  }
  for (const [index, module] of strings.entries()) {
    const name = strings[index + 1];
    if (name && name.at - module.end <= 6 && text.slice(name.end, name.end + 6).includes("\x93"))
      found.push({ module: module.value, name: name.value });
  }
  return found;
}
