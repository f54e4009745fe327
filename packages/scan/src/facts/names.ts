import {
  ancestorOf,
  childIn,
  childrenOf,
  endOf,
  fieldOf,
  firstChildOf,
  kindOf,
  lastOf,
  nodesOf,
  parentOf,
  type SyntaxTree,
  startOf,
  textOf,
} from "./tree.js";

export type DefinitionHow =
  | "assign"
  | "augment"
  | "for"
  | "import"
  | "def"
  | "class"
  | "param"
  | "with"
  | "except"
  | "delete"
  | "match";

/** One place where a name is bound. */
export interface Definition {
  readonly name: string;
  readonly node: number;
  readonly offset: number;
  readonly how: DefinitionHow;
  /** The bound expression, or -1. For unpacking it is the whole right side and `item` says which element. */
  readonly value: number;
  readonly item: number | undefined;
  /** Annotation node, or -1. */
  readonly annotation: number;
  /** Dotted name for imports: `import numpy as np` binds np to `numpy`. */
  readonly imported: string | undefined;
}

export interface Scope {
  readonly index: number;
  readonly node: number;
  readonly parent: number;
  readonly kind: "module" | "function" | "class" | "lambda" | "comprehension";
  readonly definitions: Map<string, Definition[]>;
  readonly globals: Set<string>;
}

/** One imported module or name. */
export interface ImportFact {
  /** `sklearn.model_selection` in `from sklearn.model_selection import train_test_split`. */
  readonly module: string;
  /** Undefined for `import module`; `*` for star imports. */
  readonly name: string | undefined;
  readonly relative: boolean;
  readonly node: number;
  /** Inside `try: ... except ImportError`, `if TYPE_CHECKING` or a function: may be absent on purpose. */
  readonly optional: boolean;
}

export interface Names {
  readonly scopes: readonly Scope[];
  readonly scopeByNode: ReadonlyMap<number, number>;
  readonly imports: readonly ImportFact[];
  /** Identifier nodes that read a name. */
  readonly uses: readonly number[];
  readonly usesByName: ReadonlyMap<string, readonly number[]>;
  readonly hasStarImport: boolean;
}

const scopeKinds: Record<string, Scope["kind"]> = {
  module: "module",
  function_definition: "function",
  class_definition: "class",
  lambda: "lambda",
  list_comprehension: "comprehension",
  set_comprehension: "comprehension",
  dictionary_comprehension: "comprehension",
  generator_expression: "comprehension",
};

export function readNames(tree: SyntaxTree): Names {
  const scopes: Scope[] = [];
  const scopeByNode = new Map<number, number>();
  const binding = new Set<number>();
  const imports: ImportFact[] = [];
  let hasStarImport = false;

  for (let node = 0; node < tree.size; node++) {
    const kind = scopeKinds[kindOf(tree, node)];
    if (!kind) continue;
    const parent = node === 0 ? -1 : scopeIndexOf(tree, scopeByNode, parentOf(tree, node));
    scopeByNode.set(node, scopes.length);
    scopes.push({ index: scopes.length, node, parent, kind, definitions: new Map(), globals: new Set() });
  }
  for (const node of [...nodesOf(tree, "global_statement"), ...nodesOf(tree, "nonlocal_statement")]) {
    const scope = scopes[scopeIndexOf(tree, scopeByNode, node)];
    for (const child of childrenOf(tree, node)) {
      binding.add(child);
      if (kindOf(tree, node) === "global_statement") scope?.globals.add(textOf(tree, child));
    }
  }

  function define(
    node: number,
    at: number,
    how: DefinitionHow,
    value = -1,
    item?: number,
    annotation = -1,
    imported?: string,
  ): void {
    const name =
      imported !== undefined && how === "import" && kindOf(tree, node) === "dotted_name"
        ? textOf(tree, firstChildOf(tree, node))
        : textOf(tree, node);
    binding.add(node);
    let scope = scopes[at];
    if (scope?.globals.has(name)) scope = scopes[0];
    if (!scope) return;
    const definition = { name, node, offset: startOf(tree, node), how, value, item, annotation, imported };
    const list = scope.definitions.get(name);
    if (list) list.push(definition);
    else scope.definitions.set(name, [definition]);
  }

  /** Binds the names of a target pattern; subscripts and attributes bind nothing. */
  function bindTarget(target: number, at: number, how: DefinitionHow, value: number, annotation = -1): void {
    const kind = kindOf(tree, target);
    if (kind === "identifier") define(target, at, how, value, undefined, annotation);
    else if (
      /^(pattern_list|tuple_pattern|list_pattern|expression_list|tuple|list|parenthesized_expression)$/.test(kind)
    ) {
      for (const [index, child] of childrenOf(tree, target).entries()) {
        if (kindOf(tree, child) === "identifier") define(child, at, how, value, index);
        else bindTarget(child, at, how, -1);
      }
    } else if (/^(list_splat_pattern|list_splat|as_pattern_target)$/.test(kind)) {
      const inner = firstChildOf(tree, target);
      if (inner >= 0) bindTarget(inner, at, how, kind === "as_pattern_target" ? value : -1);
    }
  }

  for (let node = 0; node < tree.size; node++) {
    const kind = kindOf(tree, node);
    if (
      !/assignment|named_expression|^for_|as_pattern$|import|definition$|parameters$|delete|case_pattern|^type_alias/.test(
        kind,
      )
    )
      continue;
    const at = scopeIndexOf(tree, scopeByNode, node === 0 ? 0 : parentOf(tree, node));
    if (kind === "assignment") {
      const right = childIn(tree, node, "right");
      // `x: int` alone binds nothing.
      if (right >= 0) bindTarget(childIn(tree, node, "left"), at, "assign", right, childIn(tree, node, "type"));
      else binding.add(childIn(tree, node, "left"));
    } else if (kind === "augmented_assignment") {
      const left = childIn(tree, node, "left");
      if (kindOf(tree, left) === "identifier") {
        define(left, at, "augment");
        binding.delete(left);
      }
    } else if (kind === "named_expression") {
      let holder = at;
      while (scopes[holder]?.kind === "comprehension") holder = scopes[holder]?.parent ?? 0;
      bindTarget(childIn(tree, node, "name"), holder, "assign", childIn(tree, node, "value"));
    } else if (kind === "for_statement" || kind === "for_in_clause") {
      bindTarget(childIn(tree, node, "left"), at, "for", -1);
    } else if (kind === "as_pattern") {
      const how = ancestorIsExcept(tree, node) ? "except" : "with";
      const target = childrenOf(tree, node).find((child) => kindOf(tree, child) === "as_pattern_target");
      if (target !== undefined) bindTarget(target, at, how, firstChildOf(tree, node));
    } else if (kind === "function_definition" || kind === "class_definition") {
      define(childIn(tree, node, "name"), at, kind === "class_definition" ? "class" : "def", node);
    } else if (kind === "parameters" || kind === "lambda_parameters") {
      bindParameters(node, scopeByNode.get(parentOf(tree, node)) ?? at);
    } else if (kind === "delete_statement") {
      for (const child of childrenOf(tree, node)) deleteTarget(child, at);
    } else if (kind === "case_pattern") {
      const name = firstChildOf(tree, node);
      if (name >= 0 && kindOf(tree, name) === "dotted_name" && childrenOf(tree, name).length === 1)
        define(firstChildOf(tree, name), at, "match");
    } else if (kind === "import_statement" || kind === "import_from_statement" || kind === "future_import_statement") {
      readImport(node, at);
    }
  }

  function deleteTarget(target: number, at: number): void {
    const kind = kindOf(tree, target);
    if (kind === "identifier") define(target, at, "delete");
    else if (kind === "expression_list" || kind === "tuple")
      for (const child of childrenOf(tree, target)) deleteTarget(child, at);
  }

  function bindParameters(list: number, at: number): void {
    for (const child of childrenOf(tree, list)) {
      const kind = kindOf(tree, child);
      const annotation = childIn(tree, child, "type");
      if (kind === "identifier") define(child, at, "param");
      else if (kind === "default_parameter" || kind === "typed_default_parameter") {
        const name = childIn(tree, child, "name");
        if (name >= 0) define(name, at, "param", -1, undefined, annotation);
      } else if (/^(typed_parameter|list_splat_pattern|dictionary_splat_pattern|tuple_pattern)$/.test(kind)) {
        const first = firstChildOf(tree, child);
        if (kind === "tuple_pattern") bindTarget(child, at, "param", -1);
        else if (first >= 0 && kindOf(tree, first) === "identifier")
          define(first, at, "param", -1, undefined, annotation);
        else if (first >= 0) {
          const inner = firstChildOf(tree, first);
          if (inner >= 0) define(inner, at, "param");
        }
      }
    }
  }

  function readImport(node: number, at: number): void {
    const kind = kindOf(tree, node);
    const optional = isOptionalImport(tree, node);
    if (kind === "future_import_statement") {
      for (const child of childrenOf(tree, node)) for (let n = child; n < lastOf(tree, child); n++) binding.add(n);
      return;
    }
    const source = childIn(tree, node, "module_name");
    const module = source >= 0 ? textOf(tree, source).replace(/\s/g, "") : "";
    for (let n = node; n < lastOf(tree, node); n++) binding.add(n);
    if (childrenOf(tree, node).some((child) => kindOf(tree, child) === "wildcard_import")) {
      hasStarImport = true;
      imports.push({ module, name: "*", relative: module.startsWith("."), node, optional });
      return;
    }
    for (const child of childrenOf(tree, node)) {
      if (fieldOf(tree, child) !== "name") continue;
      const aliased = kindOf(tree, child) === "aliased_import";
      const name = textOf(tree, aliased ? childIn(tree, child, "name") : child).replace(/\s/g, "");
      const alias = aliased ? childIn(tree, child, "alias") : child;
      if (source >= 0) {
        imports.push({ module, name, relative: module.startsWith("."), node, optional });
        define(
          aliased ? alias : firstChildOf(tree, child) >= 0 ? firstChildOf(tree, child) : child,
          at,
          "import",
          -1,
          undefined,
          -1,
          `${module}.${name}`,
        );
      } else {
        imports.push({ module: name, name: undefined, relative: false, node, optional });
        define(alias, at, "import", -1, undefined, -1, aliased ? name : (name.split(".")[0] ?? name));
      }
    }
  }

  const uses = nodesOf(tree, "identifier").filter((node) => !binding.has(node) && readsName(tree, node));
  // A global statement binds in another scope than it stands in: order by place again.
  for (const scope of scopes) for (const list of scope.definitions.values()) list.sort((a, b) => a.offset - b.offset);
  return {
    scopes,
    scopeByNode,
    imports,
    uses,
    usesByName: Map.groupBy(uses, (node) => textOf(tree, node)),
    hasStarImport,
  };
}

function readsName(tree: SyntaxTree, node: number): boolean {
  const field = fieldOf(tree, node);
  const parent = kindOf(tree, parentOf(tree, node));
  if (field === "attribute" && parent === "attribute") return false;
  if (field === "name" && parent === "keyword_argument") return false;
  if (parent === "dotted_name" || parent === "keyword_pattern") return false;
  return true;
}

function ancestorIsExcept(tree: SyntaxTree, node: number): boolean {
  const up = kindOf(tree, parentOf(tree, node));
  return up === "except_clause" || up === "except_group_clause";
}

function isOptionalImport(tree: SyntaxTree, node: number): boolean {
  if (ancestorOf(tree, node, "function_definition", "class_definition") >= 0) return true;
  for (let up = parentOf(tree, node); up >= 0; up = parentOf(tree, up)) {
    const kind = kindOf(tree, up);
    if (kind === "try_statement") return true;
    if (
      kind === "if_statement" &&
      /TYPE_CHECKING|sys\.version|sys\.platform/.test(textOf(tree, childIn(tree, up, "condition")))
    )
      return true;
  }
  return false;
}

function scopeIndexOf(tree: SyntaxTree, scopeByNode: ReadonlyMap<number, number>, node: number): number {
  for (let up = node; up >= 0; up = parentOf(tree, up)) {
    const found = scopeByNode.get(up);
    if (found !== undefined) return found;
  }
  return 0;
}

/**
 * The scope whose names an expression at `node` sees first. Decorators, defaults, annotations and base classes
 * of a definition belong to the scope around it; so does the first iterable of a comprehension.
 */
export function scopeOf(tree: SyntaxTree, names: Names, node: number): Scope {
  let below = node;
  for (let up = parentOf(tree, node); up >= 0; up = parentOf(tree, up)) {
    const index = names.scopeByNode.get(up);
    const scope = index === undefined ? undefined : names.scopes[index];
    if (scope && belongsInside(tree, scope, below, node)) return scope;
    below = up;
  }
  return names.scopes[0] as Scope;
}

function belongsInside(tree: SyntaxTree, scope: Scope, below: number, node: number): boolean {
  const field = fieldOf(tree, below);
  if (scope.kind === "function") {
    if (field === "body") return true;
    if (field === "parameters") return kindOf(tree, parentOf(tree, node)) === "parameters";
    return false;
  }
  if (scope.kind === "class") return field === "body";
  if (scope.kind === "lambda") return field === "body" || kindOf(tree, parentOf(tree, node)) === "lambda_parameters";
  if (scope.kind === "comprehension") {
    const firstClause = childrenOf(tree, scope.node).find((child) => kindOf(tree, child) === "for_in_clause");
    if (firstClause === below)
      return !(
        node >= childIn(tree, below, "right") && endOf(tree, node) <= endOf(tree, childIn(tree, below, "right"))
      );
  }
  return true;
}

/** All definitions of a name in the scope that binds it, seen from `node`; undefined when nothing binds it. */
export function definitionsOf(
  tree: SyntaxTree,
  names: Names,
  node: number,
  name: string,
): { scope: Scope; list: readonly Definition[] } | undefined {
  let scope: Scope | undefined = scopeOf(tree, names, node);
  let direct = true;
  while (scope) {
    const skip: boolean = scope.kind === "class" && !direct;
    const list = skip || scope.globals.has(name) ? undefined : scope.definitions.get(name);
    if (list) return { scope, list };
    if (scope.kind !== "comprehension") direct = false;
    scope = names.scopes[scope.parent];
  }
  return undefined;
}
