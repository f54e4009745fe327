/** What is wrong with the bytes; turned into a coded error by whoever asked. */
export class MalformedProtobuf extends TypeError {}

export interface Field {
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  readonly wire: number;
  /** Varints, as far as they are exact in a double. */
  readonly value: number;
  /** Content of a length-delimited field; a view, nothing is copied. */
  readonly bytes: Uint8Array;
}

const nothing = new Uint8Array(0);

/**
 * Walks the fields of one protobuf message without a schema, without copying, and never past its end.
 * Throws MalformedProtobuf.
 */
export function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  function varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = bytes[at++];
      if (byte === undefined) throw new MalformedProtobuf("it ends in the middle of a number");
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    throw new MalformedProtobuf("a number is longer than 64 bits");
  }
  while (at < bytes.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    const wire = key % 8;
    if (number < 1 || number > 536_870_911) throw new MalformedProtobuf(`there is no field ${number}`);
    if (wire === 0) yield { number, wire, value: varint(), bytes: nothing };
    else if (wire === 2 || wire === 1 || wire === 5) {
      const length = wire === 2 ? varint() : wire === 1 ? 8 : 4;
      if (length > bytes.length - at) throw new MalformedProtobuf("a part is longer than the whole");
      yield { number, wire, value: 0, bytes: bytes.subarray(at, at + length) };
      at += length;
    } else throw new MalformedProtobuf(`wire type ${wire} does not exist`);
  }
}

/** Numbers of a repeated integer field, packed or not. */
export function integersOf(field: Field): number[] {
  if (field.wire === 0) return [field.value];
  const values: number[] = [];
  let at = 0;
  while (at < field.bytes.length) {
    let value = 0;
    let scale = 1;
    let byte = 128;
    while (byte >= 128) {
      byte = field.bytes[at++] ?? Number.NaN;
      if (Number.isNaN(byte)) throw new MalformedProtobuf("it ends in the middle of a number");
      value += (byte & 127) * scale;
      scale *= 128;
    }
    values.push(value);
  }
  return values;
}
