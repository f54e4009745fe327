import { isMap, isScalar, LineCounter, parseDocument } from "yaml";

/** A leaf of a YAML document: its key, the keys above it, and its 1-based line. */
export interface YamlKey {
  readonly name: string;
  readonly parents: readonly string[];
  readonly line: number;
}

const maxDepth = 20;
const maxKeys = 20_000;

/** The leaf keys of the first document, in order; undefined when it does not parse. Lists and aliases are not entered. */
export function readYamlKeys(text: string): YamlKey[] | undefined {
  const counter = new LineCounter();
  const document = parse(text, counter);
  if (document === undefined || document.errors.length > 0) return undefined;
  const found: YamlKey[] = [];
  const visit = (node: unknown, parents: readonly string[]): void => {
    if (!isMap(node) || parents.length > maxDepth) return;
    for (const pair of node.items) {
      if (!isScalar(pair.key) || found.length >= maxKeys) continue;
      const name = String(pair.key.value);
      if (isMap(pair.value)) visit(pair.value, [...parents, name]);
      else if (/^[A-Za-z_][\w-]*$/.test(name))
        found.push({ name, parents, line: counter.linePos(pair.key.range?.[0] ?? 0).line });
    }
  };
  visit(document.contents, []);
  return found;
}

function parse(text: string, counter: LineCounter): ReturnType<typeof parseDocument> | undefined {
  try {
    return parseDocument(text, { lineCounter: counter, logLevel: "silent", prettyErrors: false });
  } catch (cause) {
    // The parser is recursive: hostile nesting ends in a stack overflow, which means "not readable" here.
    if (cause instanceof RangeError) return undefined;
    throw cause;
  }
}
