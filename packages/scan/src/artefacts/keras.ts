import { judgeGlobal } from "#facts/pickle-names.js";
import { note } from "./notes.js";
import { latin, type Part, type Reading } from "./reading.js";

const chunk = 8_000_000;
const overlap = 4096;
const maxNodes = 2_000_000;
/** What a configuration must not name, wherever Keras would look it up. */
const runs = /^(eval|exec|compile|open|__import__|getattr|setattr|breakpoint|input|globals|vars)$/;

/** Keras keeps a model's configuration as JSON text inside HDF5; it is searched for as text, in pieces. */
export function searchHdf5({ name, size, read }: Part, reading: Reading): void {
  for (let at = 0; at < size; at += chunk - overlap) {
    const bytes = read(at, Math.min(chunk, size - at));
    if (!bytes) {
      note(reading.notes, "unknown", `${name} could not be read at byte ${at}`);
      return;
    }
    const text = latin(bytes);
    if (/"class_name"\s*:\s*"Lambda"/.test(text)) {
      note(reading.notes, "dangerous", `${name} holds a Keras Lambda layer, which is Python code`);
    }
    for (const match of text.matchAll(
      /"module"\s*:\s*"([^"]{1,200})"[^{}]{0,200}?"class_name"\s*:\s*"([^"]{1,200})"/g,
    )) {
      judgeConfig(name, match[1] ?? "", match[2] ?? "", undefined, reading);
    }
    // Nobody writes letters as escapes but to hide them.
    if (/\\u00[4-7][0-9a-f]/i.test(text) && text.includes("class_name")) {
      note(reading.notes, "suspicious", `${name} spells letters of its configuration as escapes`);
    }
  }
}

/** The configuration of a `.keras` archive: no Lambda, no module but Keras's own. */
export function readKerasConfig(name: string, text: string, reading: Reading): void {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    note(reading.notes, "suspicious", `${name} is no JSON`);
    return;
  }
  const stack: unknown[] = [root];
  for (let seen = 0; stack.length > 0; seen++) {
    if (seen > maxNodes) {
      note(reading.notes, "unknown", `${name} has more than ${maxNodes} entries`);
      return;
    }
    const value = stack.pop();
    if (typeof value !== "object" || value === null) continue;
    const { class_name: className, module, config } = value as Record<string, unknown>;
    if (className === "Lambda" || className === "__lambda__") {
      note(reading.notes, "dangerous", `${name} holds a Keras Lambda layer, which is Python code`);
    } else if (typeof className === "string" && typeof module === "string") {
      judgeConfig(name, module, className, config, reading);
    }
    for (const inner of Object.values(value)) stack.push(inner);
  }
}

function judgeConfig(name: string, module: string, className: string, config: unknown, reading: Reading): void {
  if (/^(keras|keras_\w+|tensorflow|tf_keras)(\.|$)/.test(module) && !/Lambda/.test(className)) return;
  const called = className === "function" && typeof config === "string" ? config : className;
  const full = `${module}.${called}`;
  if (module === "builtins") {
    if (runs.test(called)) note(reading.notes, "dangerous", `loading ${name} would look up ${full}`);
    return;
  }
  const verdict = judgeGlobal({ module, name: called });
  if (verdict === "dangerous") note(reading.notes, "dangerous", `loading ${name} would look up ${full}`);
  if (verdict === "unknown") note(reading.notes, "suspicious", `${name} names ${full}, which nobody vouches for`);
}
