/** A callable that loading the pickle would look up, `module` and `name` as written. */
export interface PickleGlobal {
  readonly module: string;
  readonly name: string;
}

export interface PickleFacts {
  readonly globals: readonly PickleGlobal[];
  /** ended: STOP was reached. broken: the stream left the opcode grammar (arrays in a joblib file, damage, a trick). */
  readonly end: "stopped" | "broken" | "limit";
  /** Strings that name modules, seen after the stream broke. */
  readonly stray: readonly PickleGlobal[];
}

type Value = string | undefined;
const mark = Symbol("mark");

const maxOpcodes = 20_000_000;
const maxStack = 1_000_000;
const latin = new TextDecoder("latin1");
const utf8 = new TextDecoder();

/**
 * Walks the opcodes of one or more pickles and notes what they would import. Follows the stack and the memo, so that
 * names built from remembered strings are seen. Executes nothing; bounded in opcodes and stack.
 */
export function scanPickle(bytes: Uint8Array): PickleFacts {
  const globals: PickleGlobal[] = [];
  let at = 0;
  let opcodes = 0;
  for (;;) {
    const walk = walkOne(bytes, at, globals, maxOpcodes - opcodes);
    opcodes += walk.opcodes;
    if (walk.end !== "stopped")
      return { globals, end: walk.end, stray: walk.end === "broken" ? findStray(bytes, walk.at) : [] };
    at = walk.at;
    // torch's old format writes several pickles in a row.
    if (bytes[at] !== 0x80 || (bytes[at + 1] ?? 9) > 5) return { globals, end: "stopped", stray: [] };
  }
}

function walkOne(
  bytes: Uint8Array,
  from: number,
  globals: PickleGlobal[],
  budget: number,
): { at: number; end: PickleFacts["end"]; opcodes: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: (Value | typeof mark)[] = [];
  const memo = new Map<number, Value>();
  let at = from;
  let opcodes = 0;

  const pop = (count: number): void => {
    stack.length = Math.max(0, stack.length - count);
  };
  const popMark = (): void => {
    const index = stack.lastIndexOf(mark);
    stack.length = Math.max(0, index);
  };
  const line = (): string | undefined => {
    const end = bytes.indexOf(10, at);
    if (end < 0 || end - at > 1_000_000) return undefined;
    const text = latin.decode(bytes.subarray(at, end));
    at = end + 1;
    return text;
  };
  const sized = (width: 1 | 4 | 8): Uint8Array | undefined => {
    if (at + width > bytes.length) return undefined;
    const length =
      width === 1 ? view.getUint8(at) : width === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
    at += width;
    if (length > bytes.length - at) return undefined;
    const body = bytes.subarray(at, at + length);
    at += length;
    return body;
  };
  const top = (): Value => {
    const value = stack.at(-1);
    return typeof value === "string" ? value : undefined;
  };

  while (at < bytes.length) {
    if (++opcodes > budget || stack.length > maxStack) return { at, end: "limit", opcodes };
    const code = bytes[at++] as number;
    switch (code) {
      case 0x2e: // STOP
        return { at, end: "stopped", opcodes };
      case 0x28: // MARK
        stack.push(mark);
        break;
      case 0x30: // POP
        pop(1);
        break;
      case 0x31: // POP_MARK
        popMark();
        break;
      case 0x32: // DUP
        stack.push(stack.at(-1) as Value);
        break;
      case 0x46:
      case 0x49:
      case 0x4c:
      case 0x50: // FLOAT INT LONG PERSID
        if (line() === undefined) return { at, end: "broken", opcodes };
        stack.push(undefined);
        break;
      case 0x53:
      case 0x56: {
        // STRING UNICODE
        const text = line();
        if (text === undefined) return { at, end: "broken", opcodes };
        stack.push(code === 0x53 ? text.replace(/^['"]|['"]$/g, "") : text);
        break;
      }
      case 0x63:
      case 0x69: {
        // GLOBAL INST
        const module = line();
        const name = line();
        if (module === undefined || name === undefined) return { at, end: "broken", opcodes };
        globals.push({ module, name });
        if (code === 0x69) popMark();
        stack.push(undefined);
        break;
      }
      case 0x93: {
        // STACK_GLOBAL
        const name = stack.pop();
        const module = stack.pop();
        globals.push({
          module: typeof module === "string" ? module : "?",
          name: typeof name === "string" ? name : "?",
        });
        stack.push(undefined);
        break;
      }
      case 0x54:
      case 0x58:
      case 0x55:
      case 0x8c:
      case 0x8d: {
        // BINSTRING BINUNICODE SHORT_BINSTRING SHORT_BINUNICODE BINUNICODE8
        const body = sized(code === 0x55 || code === 0x8c ? 1 : code === 0x8d ? 8 : 4);
        if (!body) return { at, end: "broken", opcodes };
        stack.push(body.length <= 512 ? utf8.decode(body) : undefined);
        break;
      }
      case 0x42:
      case 0x43:
      case 0x8e:
      case 0x96:
      case 0x8a:
      case 0x8b: {
        // BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8 LONG1 LONG4
        const body = sized(code === 0x43 || code === 0x8a ? 1 : code === 0x8e || code === 0x96 ? 8 : 4);
        if (!body) return { at, end: "broken", opcodes };
        stack.push(undefined);
        break;
      }
      case 0x67:
      case 0x68:
      case 0x6a: {
        // GET BINGET LONG_BINGET
        const key = memoKey(code, 0x67, 0x68);
        if (key === undefined) return { at, end: "broken", opcodes };
        stack.push(memo.get(key));
        break;
      }
      case 0x70:
      case 0x71:
      case 0x72: {
        // PUT BINPUT LONG_BINPUT
        const key = memoKey(code, 0x70, 0x71);
        if (key === undefined) return { at, end: "broken", opcodes };
        memo.set(key, top());
        break;
      }
      case 0x94: // MEMOIZE
        memo.set(memo.size, top());
        break;
      case 0x82:
      case 0x83:
      case 0x84: // EXT1 EXT2 EXT4: a callable of the process's own registry
        globals.push({ module: "copyreg", name: "extension" });
        at += code === 0x82 ? 1 : code === 0x83 ? 2 : 4;
        stack.push(undefined);
        break;
      case 0x4a:
        at += 4;
        stack.push(undefined);
        break; // BININT
      case 0x4b:
        at += 1;
        stack.push(undefined);
        break; // BININT1
      case 0x4d:
        at += 2;
        stack.push(undefined);
        break; // BININT2
      case 0x47:
        at += 8;
        stack.push(undefined);
        break; // BINFLOAT
      case 0x80:
        at += 1;
        break; // PROTO
      case 0x95:
        at += 8;
        break; // FRAME
      case 0x4e:
      case 0x7d:
      case 0x5d:
      case 0x29:
      case 0x88:
      case 0x89:
      case 0x8f:
      case 0x97: // NONE, empty containers, booleans, NEXT_BUFFER
        stack.push(undefined);
        break;
      case 0x98:
      case 0x51:
      case 0x85: // READONLY_BUFFER BINPERSID TUPLE1
        pop(1);
        stack.push(undefined);
        break;
      case 0x52:
      case 0x81:
      case 0x86: // REDUCE NEWOBJ TUPLE2
        pop(2);
        stack.push(undefined);
        break;
      case 0x87:
      case 0x92: // TUPLE3 NEWOBJ_EX
        pop(3);
        stack.push(undefined);
        break;
      case 0x61:
      case 0x62: // APPEND BUILD
        pop(1);
        break;
      case 0x73: // SETITEM
        pop(2);
        break;
      case 0x65:
      case 0x75:
      case 0x90: // APPENDS SETITEMS ADDITEMS
        popMark();
        break;
      case 0x64:
      case 0x6c:
      case 0x74:
      case 0x6f:
      case 0x91: // DICT LIST TUPLE OBJ FROZENSET
        popMark();
        stack.push(undefined);
        break;
      default:
        return { at: at - 1, end: "broken", opcodes };
    }
  }
  return { at, end: "broken", opcodes };

  function memoKey(code: number, text: number, short: number): number | undefined {
    if (code === text) {
      const value = Number(line());
      return Number.isInteger(value) ? value : undefined;
    }
    const width = code === short ? 1 : 4;
    if (at + width > bytes.length) return undefined;
    const key = width === 1 ? view.getUint8(at) : view.getUint32(at, true);
    at += width;
    return key;
  }
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
