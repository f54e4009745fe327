import {
  allocate,
  countOf,
  type Datatype,
  datatypes,
  fromBytes,
  type Tensor,
  toBytes,
} from "#capabilities/serving/index.js";
import { refused } from "./refusal.js";

const decoder = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();

/** A tensor from the binary extension: little-endian values; texts with four bytes of length each. */
export function fromBinary(name: string, datatype: Datatype, shape: readonly number[], bytes: Uint8Array): Tensor {
  const count = countOf(shape);
  if (datatype !== "BYTES") {
    const size = count * datatypes[datatype].size;
    if (bytes.length !== size) {
      throw refused(`input '${name}' has ${bytes.length} bytes; ${count} values of ${datatype} have ${size}`);
    }
    if (datatype === "BOOL" && bytes.some((byte) => byte > 1)) {
      throw refused(`input '${name}': BOOL takes the bytes 0 and 1 only`);
    }
    return { name, datatype, shape, data: fromBytes(datatype, bytes) };
  }
  const data = allocate("BYTES", 0) as string[];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) throw refused(`input '${name}': the bytes end inside a length`);
    const length = view.getUint32(at, true);
    at += 4;
    if (length > bytes.length - at)
      throw refused(`input '${name}': element ${data.length} is longer than the bytes left`);
    if (data.length >= count) throw refused(`input '${name}' has more than the ${count} elements of its shape`);
    try {
      data.push(decoder.decode(bytes.subarray(at, at + length)));
    } catch (cause) {
      throw refused(`input '${name}': element ${data.length} is not UTF-8 (${(cause as Error).name})`);
    }
    at += length;
  }
  if (data.length !== count) throw refused(`input '${name}' has ${data.length} elements; its shape asks for ${count}`);
  return { name, datatype, shape, data };
}

/** The bytes of an output tensor. */
export function toBinary(tensor: Tensor): Uint8Array {
  if (!Array.isArray(tensor.data)) return toBytes(tensor.data);
  const parts = tensor.data.map((text) => encoder.encode(text));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length, true);
    bytes.set(part, at + 4);
    at += 4 + part.length;
  }
  return bytes;
}
