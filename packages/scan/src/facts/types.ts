import { argumentsOf, type Call, type FileFacts, qualifiedName, reachingDefinition } from "./file.js";
import type { Definition } from "./names.js";
import { argumentsGiven, isFrameByUse } from "./parameters.js";
import { childIn, childrenOf, firstChildOf, isInside, kindOf, nodesOf, textOf } from "./tree.js";

/** The small lattice of abstract types; everything else is unknown (undefined). */
export type AbstractType =
  | "DataFrame"
  | "Series"
  | "GroupBy"
  | "ndarray"
  | "Tensor"
  | "Estimator"
  | "Transformer"
  | "Module"
  | "Optimizer"
  | "Loader"
  | "text"
  | "collection";

/** high: resolved import or constructor, one reaching definition. medium: by method signature, or several definitions. */
export interface Typed {
  readonly type: AbstractType;
  readonly confidence: "high" | "medium";
}

/** null: known to be unknown; pending: being found out further up. */
export type TypeMemo = Map<number, Typed | null | "pending">;

const maxSteps = 40;

/** The abstract type of an expression, seeded by imports, constructors and annotations, never by a variable's name. */
export function typeOf(facts: FileFacts, node: number, steps = 0): Typed | undefined {
  if (node < 0 || steps > maxSteps) return undefined;
  const known = facts.typeMemo.get(node);
  if (known !== undefined) return known === "pending" ? undefined : (known ?? undefined);
  facts.typeMemo.set(node, "pending");
  const found = infer(facts, node, steps + 1);
  facts.typeMemo.set(node, found ?? null);
  return found;
}

function infer(facts: FileFacts, node: number, steps: number): Typed | undefined {
  const { tree } = facts;
  switch (kindOf(tree, node)) {
    case "parenthesized_expression":
    case "await":
      return typeOf(facts, firstChildOf(tree, node), steps);
    case "string":
    case "concatenated_string":
      return { type: "text", confidence: "high" };
    case "list":
    case "dictionary":
    case "set":
    case "tuple":
    case "list_comprehension":
    case "dictionary_comprehension":
    case "set_comprehension":
      return { type: "collection", confidence: "high" };
    case "identifier":
      return typeOfName(facts, node, steps);
    case "call": {
      const call = facts.callByNode.get(node);
      return call ? typeOfCall(facts, call, steps) : undefined;
    }
    case "attribute":
      return typeOfAttribute(facts, node, steps);
    case "subscript":
      return typeOfSubscript(facts, node, steps);
    case "binary_operator": {
      const left = typeOf(facts, childIn(tree, node, "left"), steps);
      return left && /^(DataFrame|Series|ndarray|Tensor)$/.test(left.type) ? left : undefined;
    }
    case "conditional_expression": {
      const [first, , last] = childrenOf(tree, node);
      const left = first === undefined ? undefined : typeOf(facts, first, steps);
      const right = last === undefined ? undefined : typeOf(facts, last, steps);
      return left && right && left.type === right.type ? { type: left.type, confidence: "medium" } : undefined;
    }
    default:
      return undefined;
  }
}

function typeOfName(facts: FileFacts, node: number, steps: number): Typed | undefined {
  const reaching = reachingDefinition(facts, node);
  if (!reaching) return undefined;
  const { definition, only } = reaching;
  if (definition.how === "param" && definition.annotation < 0) return typeOfParameter(facts, definition, steps);
  const annotated = definition.annotation >= 0 ? typeOfAnnotation(facts, definition.annotation) : undefined;
  const found =
    annotated ??
    (definition.value < 0
      ? undefined
      : definition.item === undefined
        ? typeOf(facts, definition.value, steps)
        : typeOfItem(facts, definition.value, definition.item, steps));
  if (!found) return undefined;
  return only
    ? found
    : {
        type: found.type,
        confidence: found.confidence === "high" && sameTypeEverywhere(facts, node, found, steps) ? "high" : "medium",
      };
}

/** Without an annotation: what the calls in this file give, or what the body does with it. Never more than medium. */
function typeOfParameter(facts: FileFacts, definition: Definition, steps: number): Typed | undefined {
  if (isFrameByUse(facts, definition)) return { type: "DataFrame", confidence: "medium" };
  const types = argumentsGiven(facts, definition).map((node) => typeOf(facts, node, steps));
  const first = types[0];
  return first && types.every((type) => type?.type === first.type)
    ? { type: first.type, confidence: "medium" }
    : undefined;
}

/** Several definitions count as one when each of them, seen alone, has the same type. */
function sameTypeEverywhere(facts: FileFacts, node: number, found: Typed, steps: number): boolean {
  const name = textOf(facts.tree, node);
  const scope = facts.names.scopes.find((candidate) =>
    candidate.definitions
      .get(name)
      ?.some((definition) => definition.node === reachingDefinition(facts, node)?.definition.node),
  );
  const list = scope?.definitions.get(name) ?? [];
  if (list.length > 12) return false;
  return list.every((definition) => {
    if (definition.how === "augment" || definition.how === "delete") return true;
    if (definition.value < 0 || definition.item !== undefined) return false;
    // `df = df.dropna()` asks for itself: it has the type if all others have.
    if (facts.typeMemo.get(definition.value) === "pending") return true;
    return typeOf(facts, definition.value, steps)?.type === found.type;
  });
}

function typeOfAnnotation(facts: FileFacts, annotation: number): Typed | undefined {
  const { tree } = facts;
  const inner = kindOf(tree, annotation) === "type" ? firstChildOf(tree, annotation) : annotation;
  const name =
    qualifiedName(facts, inner) ??
    (kindOf(tree, inner) === "string" ? textOf(tree, inner).replace(/['"]/g, "") : undefined);
  if (name === undefined)
    return kindOf(tree, inner) === "identifier" && /^(dict|list|str|tuple|set)$/.test(textOf(tree, inner))
      ? { type: textOf(tree, inner) === "str" ? "text" : "collection", confidence: "high" }
      : undefined;
  const short = name.replace(/^pd\./, "pandas.").replace(/^np\./, "numpy.");
  const type = annotationTypes[short];
  return type ? { type, confidence: "high" } : undefined;
}

const annotationTypes: Record<string, AbstractType> = {
  "pandas.DataFrame": "DataFrame",
  "pandas.Series": "Series",
  "numpy.ndarray": "ndarray",
  "numpy.typing.NDArray": "ndarray",
  "torch.Tensor": "Tensor",
  "torch.nn.Module": "Module",
  "torch.optim.Optimizer": "Optimizer",
  "torch.utils.data.DataLoader": "Loader",
  "tensorflow.Tensor": "Tensor",
};

const frameReaders =
  /^pandas\.(read_(csv|table|fwf|parquet|json|excel|sql|sql_query|sql_table|feather|pickle|hdf|orc|stata|sas|spss|xml|clipboard|gbq)|DataFrame(\.from_(dict|records))?|concat|merge|merge_asof|merge_ordered|pivot|pivot_table|melt|get_dummies|json_normalize|crosstab|wide_to_long)$/;
const seriesMakers = /^pandas\.(Series|to_numeric|to_datetime|to_timedelta|cut|qcut|date_range)$/;
const arrayMakers =
  /^numpy\.(array|asarray|zeros|ones|empty|full|arange|linspace|eye|concatenate|stack|vstack|hstack|where|zeros_like|ones_like|full_like|load|loadtxt|genfromtxt|random\.(rand|randn|randint|random|normal|uniform|choice|permutation))$/;
const tensorMakers =
  /^(torch\.(tensor|as_tensor|from_numpy|zeros|ones|empty|full|arange|linspace|eye|cat|stack|rand|randn|randint|zeros_like|ones_like|where)|tensorflow\.(constant|convert_to_tensor|zeros|ones|Variable|concat|stack))$/;
const modulesOf =
  /^torch\.nn\.(Sequential|Linear|Conv\dd|LSTM|GRU|RNN|Transformer\w*|Embedding|BatchNorm\dd|LayerNorm|Dropout\w*|ReLU|MultiheadAttention|DataParallel)$/;
const optimizers = /^torch\.optim\.\w+$/;
const loaders = /^torch\.utils\.data\.DataLoader$/;
const transformers =
  /^sklearn\.(preprocessing|impute|feature_extraction\.\w+|decomposition|feature_selection)\.[A-Z]\w*$/;
const estimators =
  /^(sklearn\.(linear_model|ensemble|tree|svm|neighbors|naive_bayes|neural_network|cluster|gaussian_process|discriminant_analysis|pipeline|multiclass|dummy|calibration)\.[A-Z]\w*|xgboost\.XGB\w+|lightgbm\.LGBM\w+|catboost\.CatBoost\w*|sklearn\.model_selection\.(GridSearchCV|RandomizedSearchCV))$/;

/** The type a call to a library function or constructor gives, by qualified name. */
function typeOfLibraryCall(name: string): AbstractType | undefined {
  if (frameReaders.test(name)) return "DataFrame";
  if (seriesMakers.test(name)) return "Series";
  if (arrayMakers.test(name)) return "ndarray";
  if (tensorMakers.test(name)) return "Tensor";
  if (modulesOf.test(name)) return "Module";
  if (optimizers.test(name)) return "Optimizer";
  if (loaders.test(name)) return "Loader";
  if (transformers.test(name)) return "Transformer";
  if (estimators.test(name)) return "Estimator";
  return undefined;
}

const frameToFrame = new Set(
  "drop dropna fillna merge join rename sort_values sort_index reset_index set_index assign query head tail sample copy astype replace drop_duplicates pivot pivot_table melt transpose add_prefix add_suffix filter reindex interpolate ffill bfill where mask clip round nlargest nsmallest explode stack describe select_dtypes isna isnull notna notnull eval shift diff rank corr cov pipe map applymap convert_dtypes infer_objects".split(
    " ",
  ),
);
const frameToSeries = new Set(
  "sum mean median min max std var count nunique any all idxmax idxmin squeeze duplicated memory_usage value_counts quantile".split(
    " ",
  ),
);
const seriesToSeries = new Set(
  "fillna dropna astype map apply replace sort_values sort_index reset_index rename shift diff rank clip round isna isnull notna notnull isin between copy head tail sample cumsum cummax cumprod rolling value_counts drop drop_duplicates where mask abs pct_change ffill bfill interpolate str dt".split(
    " ",
  ),
);

function typeOfCall(facts: FileFacts, call: Call, steps: number): Typed | undefined {
  if (call.name !== undefined) {
    const type = typeOfLibraryCall(call.name);
    if (type === "DataFrame" && call.name === "pandas.read_csv" && argumentsOf(facts, call).keywords.has("chunksize"))
      return undefined;
    if (type) return { type, confidence: "high" };
  }
  if (call.receiver < 0) return typeOfLocalCall(facts, call, steps);
  const receiver = typeOf(facts, call.receiver, steps);
  if (!receiver) return undefined;
  const { confidence } = receiver;
  const { method } = call;
  if (receiver.type === "DataFrame") {
    if (method === "groupby" || method === "rolling" || method === "resample") return { type: "GroupBy", confidence };
    if (frameToFrame.has(method)) return { type: "DataFrame", confidence };
    if (frameToSeries.has(method)) return { type: "Series", confidence: "medium" };
    if (method === "to_numpy") return { type: "ndarray", confidence };
    if (method === "apply") {
      const axis = argumentsOf(facts, call).keywords.get("axis");
      return axis !== undefined && /^(1|['"]columns['"])$/.test(textOf(facts.tree, axis))
        ? { type: "Series", confidence: "medium" }
        : undefined;
    }
  }
  if (receiver.type === "GroupBy") {
    if (/^(agg|aggregate|sum|mean|median|count|size|first|last|min|max|std|var|apply|transform|nunique)$/.test(method))
      return { type: "DataFrame", confidence: "medium" };
  }
  if (receiver.type === "Series") {
    if (seriesToSeries.has(method)) return { type: "Series", confidence };
    if (method === "to_frame" || method === "unstack") return { type: "DataFrame", confidence };
    if (method === "to_numpy" || method === "unique") return { type: "ndarray", confidence };
  }
  if (receiver.type === "Tensor")
    return /^(item|tolist|numpy|size|dim)$/.test(method) ? undefined : { type: "Tensor", confidence: "medium" };
  if (receiver.type === "Estimator" || receiver.type === "Transformer") {
    if (method === "fit") return receiver;
    if (/^(predict|transform|fit_transform|predict_proba)$/.test(method))
      return { type: "ndarray", confidence: "medium" };
  }
  if (receiver.type === "Module") {
    if (/^(to|cuda|cpu|eval|train|half|float|double)$/.test(method)) return receiver;
  }
  return undefined;
}

/** A function of the same file gives what all its returns give; a class of the file derived from nn.Module is a Module. */
function typeOfLocalCall(facts: FileFacts, call: Call, steps: number): Typed | undefined {
  const { tree } = facts;
  if (kindOf(tree, call.callee) !== "identifier") return undefined;
  const reaching = reachingDefinition(facts, call.callee);
  if (!reaching || reaching.definition.value < 0) return undefined;
  const body = reaching.definition.value;
  if (reaching.definition.how === "class")
    return isTorchModule(facts, body) ? { type: "Module", confidence: "high" } : undefined;
  if (reaching.definition.how !== "def" || /^async\b/.test(textOf(tree, body).slice(0, 6))) return undefined;
  const annotation = childIn(tree, body, "return_type");
  const annotated = annotation >= 0 ? typeOfAnnotation(facts, annotation) : undefined;
  if (annotated) return annotated;
  const returns = nodesOf(tree, "return_statement").filter(
    (node) => isInside(tree, node, body) && nearestFunction(facts, node) === body,
  );
  const types = returns.map((node) => typeOf(facts, firstChildOf(tree, node), steps));
  const first = types[0];
  return first && types.every((type) => type?.type === first.type) ? first : undefined;
}

export function isTorchModule(facts: FileFacts, classNode: number): boolean {
  const { tree } = facts;
  const bases = childIn(tree, classNode, "superclasses");
  if (bases < 0) return false;
  return childrenOf(tree, bases).some((base) =>
    /^(torch\.nn\.Module|(pytorch_lightning|lightning|lightning\.pytorch)\.LightningModule)$/.test(
      qualifiedName(facts, base) ?? "",
    ),
  );
}

function nearestFunction(facts: FileFacts, node: number): number {
  const { tree } = facts;
  for (let up = tree.parents[node] ?? -1; up >= 0; up = tree.parents[up] ?? -1) {
    const kind = kindOf(tree, up);
    if (kind === "function_definition" || kind === "lambda") return up;
  }
  return -1;
}

/** `train, test = train_test_split(frame)`: each part has the type of the argument it comes from. */
function typeOfItem(facts: FileFacts, value: number, item: number, steps: number): Typed | undefined {
  const { tree } = facts;
  const kind = kindOf(tree, value);
  if (kind === "expression_list" || kind === "tuple") {
    const child = childrenOf(tree, value)[item];
    return child === undefined ? undefined : typeOf(facts, child, steps);
  }
  const call = facts.callByNode.get(value);
  if (call?.name !== "sklearn.model_selection.train_test_split") return undefined;
  const source = argumentsOf(facts, call).positional[Math.floor(item / 2)];
  return source === undefined ? undefined : typeOf(facts, source, steps);
}

function typeOfAttribute(facts: FileFacts, node: number, steps: number): Typed | undefined {
  const { tree } = facts;
  const owner = typeOf(facts, childIn(tree, node, "object"), steps);
  const name = textOf(tree, childIn(tree, node, "attribute"));
  if (!owner) return undefined;
  if (owner.type === "DataFrame" || owner.type === "Series") {
    if (name === "values") return { type: "ndarray", confidence: owner.confidence };
    if (name === "T") return owner;
    if (owner.type === "Series" && (name === "str" || name === "dt")) return owner;
  }
  if (owner.type === "Tensor" && /^(data|grad|T)$/.test(name)) return owner;
  if (owner.type === "ndarray" && name === "T") return owner;
  return undefined;
}

function typeOfSubscript(facts: FileFacts, node: number, steps: number): Typed | undefined {
  const { tree } = facts;
  const owner = typeOf(facts, childIn(tree, node, "value"), steps);
  const key = childIn(tree, node, "subscript");
  if (!owner || key < 0) return undefined;
  if (owner.type === "DataFrame") {
    const kind = kindOf(tree, key);
    if (kind === "string") return { type: "Series", confidence: owner.confidence };
    if (/^(list|comparison_operator|boolean_operator|not_operator|unary_operator|binary_operator|slice)$/.test(kind))
      return { type: "DataFrame", confidence: owner.confidence };
    const inner = typeOf(facts, key, steps);
    if (inner?.type === "collection") return { type: "DataFrame", confidence: "medium" };
    if (inner?.type === "Series") return { type: "DataFrame", confidence: "medium" };
    return undefined;
  }
  if (owner.type === "GroupBy") return owner;
  if (owner.type === "ndarray" || owner.type === "Tensor") return { type: owner.type, confidence: "medium" };
  return undefined;
}
