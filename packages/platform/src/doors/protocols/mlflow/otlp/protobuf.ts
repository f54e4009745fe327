/** One field of a message: its number, and the value as its wire type gives it. */
export type Field =
  | { readonly number: number; readonly wire: 0; readonly value: bigint }
  | { readonly number: number; readonly wire: 1; readonly value: bigint }
  | { readonly number: number; readonly wire: 2; readonly value: Uint8Array }
  | { readonly number: number; readonly wire: 5; readonly value: number };

/** A body that is no protobuf message. */
export class ProtobufError extends Error {
  override readonly name = "ProtobufError";
}

/**
 * The fields of a protobuf message in the order they were sent, read lazily and without copying; what a reader does not
 * know it passes over. Nothing is trusted: lengths beyond the end, endless varints and groups are refused.
 */
export function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;

  function varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined) throw new ProtobufError(`it ends inside a number, at byte ${at}`);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new ProtobufError(`a number is longer than 10 bytes, at byte ${at}`);
  }

  function need(size: number): void {
    if (size > bytes.length - at) throw new ProtobufError(`a field is longer than what is left, at byte ${at}`);
  }

  while (at < bytes.length) {
    const tag = varint();
    const number = Number(tag >> 3n);
    const wire = Number(tag & 7n);
    if (number < 1 || number > 536_870_911) throw new ProtobufError(`${number} is no field number, at byte ${at}`);
    switch (wire) {
      case 0:
        yield { number, wire, value: varint() };
        break;
      case 1:
        need(8);
        yield { number, wire, value: view.getBigUint64(at, true) };
        at += 8;
        break;
      case 2: {
        const size = Number(varint());
        need(size);
        yield { number, wire, value: bytes.subarray(at, at + size) };
        at += size;
        break;
      }
      case 5:
        need(4);
        yield { number, wire, value: view.getUint32(at, true) };
        at += 4;
        break;
      default:
        throw new ProtobufError(`${wire} is no wire type, at byte ${at}`);
    }
  }
}

const utf8 = new TextDecoder("utf-8");

/** Text of a field; bytes that are no UTF-8 and NUL become replacement characters, which every database takes. */
export function toText(bytes: Uint8Array): string {
  return cleanText(utf8.decode(bytes));
}

export function cleanText(text: string): string {
  return text.toWellFormed().replaceAll("\u0000", "\ufffd");
}

/** A field of length 0 to 2^32-1, tagged: what our own replies need of protobuf's writing. */
export function textField(number: number, text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  return Buffer.concat([lengthOf((number << 3) | 2), lengthOf(bytes.length), bytes]);
}

export function lengthOf(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  while (left >= 0x80) {
    bytes.push((left & 0x7f) | 0x80);
    left = Math.floor(left / 128);
  }
  bytes.push(left);
  return Buffer.from(bytes);
}
