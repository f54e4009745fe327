import { servingErrors } from "../errors.js";
import { allocate, countOf, datatypeOfCode, datatypes, fromBytes, type Tensor, toBytes } from "./tensor.js";

const format = 1;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Tensors as compact bytes for the log. Names are left out: tensors stand in the order of the served model's schema, and one
 * that was not asked for is packed as absent.
 *
 * Layout, all little-endian: byte format (1), byte number of tensors; then for each: byte datatype (0 absent), byte rank, u32 a
 * dimension, values. Texts: u32 length and UTF-8 each. Everything else: its bytes.
 */
export function pack(names: readonly string[], tensors: readonly Tensor[]): Uint8Array {
  const inOrder = names.map((name) => tensors.find((tensor) => tensor.name === name));
  const texts = inOrder.map((tensor) =>
    tensor !== undefined && Array.isArray(tensor.data) ? tensor.data.map((text) => encoder.encode(text)) : undefined,
  );
  let size = 2;
  inOrder.forEach((tensor, index) => {
    size += 1;
    if (tensor === undefined) return;
    size += 1 + 4 * tensor.shape.length;
    const encoded = texts[index];
    if (encoded === undefined) size += (tensor.data as Float32Array).byteLength;
    else for (const text of encoded) size += 4 + text.length;
  });
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes[0] = format;
  bytes[1] = names.length;
  let at = 2;
  inOrder.forEach((tensor, index) => {
    if (tensor === undefined) {
      bytes[at++] = 0;
      return;
    }
    bytes[at++] = datatypes[tensor.datatype].code;
    bytes[at++] = tensor.shape.length;
    for (const dimension of tensor.shape) {
      view.setUint32(at, dimension, true);
      at += 4;
    }
    for (const part of texts[index] ?? [toBytes(tensor.data as Float32Array)]) {
      if (texts[index] !== undefined) {
        view.setUint32(at, part.length, true);
        at += 4;
      }
      bytes.set(part, at);
      at += part.length;
    }
  });
  return bytes;
}

/** Reads what `pack` wrote; absent tensors are left out. Throws SERVING_LOG_UNREADABLE. */
export function unpack(names: readonly string[], bytes: Uint8Array): Tensor[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[0] !== format || bytes[1] !== names.length) throw servingErrors.SERVING_LOG_UNREADABLE();
  const tensors: Tensor[] = [];
  let at = 2;
  for (const name of names) {
    const code = bytes[at++] ?? 0;
    if (code === 0) continue;
    const datatype = datatypeOfCode(code);
    if (datatype === undefined) throw servingErrors.SERVING_LOG_UNREADABLE();
    const rank = bytes[at++] ?? 0;
    const shape: number[] = [];
    for (let i = 0; i < rank; i++, at += 4) shape.push(view.getUint32(at, true));
    const count = countOf(shape);
    if (datatype === "BYTES") {
      const data = allocate("BYTES", 0) as string[];
      for (let i = 0; i < count; i++) {
        const length = view.getUint32(at, true);
        data.push(decoder.decode(bytes.subarray(at + 4, at + 4 + length)));
        at += 4 + length;
      }
      tensors.push({ name, datatype, shape, data });
    } else {
      const size = count * datatypes[datatype].size;
      tensors.push({ name, datatype, shape, data: fromBytes(datatype, bytes.subarray(at, at + size)) });
      at += size;
    }
  }
  return tensors;
}
