import { argumentsOf, type Call, type FileFacts, reachingDefinition } from "./file.js";
import { definitionsOf } from "./names.js";
import { childIn, childrenOf, kindOf, nodesOf, startOf, textOf } from "./tree.js";

const maxSteps = 600;

/**
 * The calls whose results went into the value at `node`, within its scope and in document order: through names,
 * unpacking, indexing, arithmetic, methods and arguments, and through stores into columns. Row masks and functions
 * of the file are not entered, so a call may be missing, but what is listed did take part.
 */
export function ancestryOf(facts: FileFacts, node: number): Call[] {
  const { tree } = facts;
  const found: Call[] = [];
  const seen = new Set<number>();
  const queue = [node];
  for (let steps = 0; queue.length > 0 && steps < maxSteps; steps++) {
    const at = queue.shift() as number;
    if (at < 0 || seen.has(at)) continue;
    seen.add(at);
    const kind = kindOf(tree, at);
    if (kind === "identifier") queue.push(...sourcesOfName(facts, at));
    else if (kind === "call") {
      const call = facts.callByNode.get(at);
      if (!call) continue;
      found.push(call);
      const { positional, keywords } = argumentsOf(facts, call);
      queue.push(call.receiver, ...positional, ...keywords.values());
    } else if (kind === "attribute") queue.push(childIn(tree, at, "object"));
    else if (kind === "subscript") queue.push(childIn(tree, at, "value"));
    else if (
      /^(parenthesized_expression|binary_operator|tuple|list|expression_list|conditional_expression|await|list_splat)$/.test(
        kind,
      )
    )
      queue.push(...childrenOf(tree, at));
  }
  return found;
}

/** The expression the name was last bound to, and what was stored into it since. */
function sourcesOfName(facts: FileFacts, node: number): number[] {
  const { tree } = facts;
  const name = textOf(tree, node);
  const definition = reachingDefinition(facts, node)?.definition;
  if (!definition || !/^(assign|with)$/.test(definition.how)) return [];
  const sources: number[] = [];
  const split = facts.callByNode.get(definition.value);
  if (split?.name === "sklearn.model_selection.train_test_split" && definition.item !== undefined) {
    sources.push(split.node, argumentsOf(facts, split).positional[Math.floor(definition.item / 2)] ?? -1);
  } else if (definition.value >= 0) sources.push(definition.value);
  const scope = definitionsOf(tree, facts.names, node, name)?.scope;
  for (const { target, value, offset } of storesOf(facts, name)) {
    if (offset < definition.offset || offset >= startOf(tree, node)) continue;
    if (definitionsOf(tree, facts.names, target, name)?.scope === scope) sources.push(value);
  }
  return sources;
}

interface Store {
  readonly target: number;
  readonly value: number;
  readonly offset: number;
}

const stores = new WeakMap<FileFacts, Map<string, Store[]>>();

/** `frame["a"] = ...` and `frame.loc[rows, "a"] = ...` by the name of the frame. */
function storesOf(facts: FileFacts, name: string): readonly Store[] {
  let byName = stores.get(facts);
  if (!byName) {
    byName = new Map();
    const { tree } = facts;
    for (const node of nodesOf(tree, "assignment")) {
      const left = childIn(tree, node, "left");
      if (kindOf(tree, left) !== "subscript") continue;
      let base = childIn(tree, left, "value");
      if (kindOf(tree, base) === "attribute" && /^(loc|iloc)$/.test(textOf(tree, childIn(tree, base, "attribute"))))
        base = childIn(tree, base, "object");
      const value = childIn(tree, node, "right");
      if (kindOf(tree, base) !== "identifier" || value < 0) continue;
      const list = byName.get(textOf(tree, base)) ?? [];
      list.push({ target: base, value, offset: startOf(tree, node) });
      byName.set(textOf(tree, base), list);
    }
    stores.set(facts, byName);
  }
  return byName.get(name) ?? [];
}

/** Qualified name of the library call that made the object, through at most a few names. */
export function constructorOf(facts: FileFacts, node: number): string | undefined {
  let at = node;
  for (let steps = 0; steps < 6 && at >= 0; steps++) {
    const call = facts.callByNode.get(at);
    if (call?.name !== undefined) return call.name;
    // scaler = StandardScaler().fit(X)
    if (call) at = call.receiver;
    else if (kindOf(facts.tree, at) === "identifier") {
      const definition = reachingDefinition(facts, at)?.definition;
      if (!definition || definition.item !== undefined) return undefined;
      at = definition.value;
    } else return undefined;
  }
  return undefined;
}
