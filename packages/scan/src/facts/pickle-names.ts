import type { PickleGlobal } from "#sources/pickle.js";
import { standardModules } from "./distributions.js";

/** What a name in a pickle can do when it is loaded. */
export type PickleVerdict = "harmless" | "dangerous" | "unknown";

const builtins: ReadonlySet<string> = new Set(
  "set frozenset dict list tuple int float str bytes bytearray bool complex slice range object Ellipsis NotImplemented type Exception ValueError TypeError KeyError RuntimeError IndexError unicode long xrange".split(
    " ",
  ),
);

/** Names of the standard library that only build data. */
const harmlessStandard =
  /^(collections\.(OrderedDict|defaultdict|Counter|deque|ChainMap|UserDict|UserList)|copyreg\._reconstructor|copy_reg\._reconstructor|copyreg\.__newobj__|_codecs\.encode|codecs\.encode|datetime\.(datetime|date|time|timedelta|timezone)|decimal\.Decimal|fractions\.Fraction|uuid\.(UUID|SafeUUID)|pathlib\.(Pure)?(Posix|Windows)?Path|enum\.(Enum|IntEnum|StrEnum|Flag|IntFlag|auto|EnumMeta|EnumType)|types\.SimpleNamespace|array\._array_reconstructor|array\.array|argparse\.Namespace|random\.Random|logging\.Logger|logging\.getLogger|re\._compile|zoneinfo\.ZoneInfo(\._unpickle)?|numbers\.(Number|Complex|Real|Rational|Integral)|math\.[a-z]\w*|statistics\.(NormalDist|f?mean|median|p?stdev|p?variance|mode)|string\.(Template|Formatter)|operator\.(add|sub|mul|truediv|floordiv|neg|lt|le|gt|ge|eq|ne|and_|or_|xor)|io\.(BytesIO|StringIO)|threading\.(Lock|RLock)|_thread\.(allocate_lock|RLock)|weakref\.(ref|proxy|Weak\w+)|dataclasses\.(_MISSING_TYPE|_HAS_DEFAULT_FACTORY_CLASS|_FIELD_BASE|Field)|ipaddress\.\w+|functools\.partial|inspect\._empty)$/;

/** Packages of models and data: classes and functions are what models are made of, save for the names below. */
const modelPackages = new Set(
  "numpy scipy sklearn pandas torch torchvision torchaudio xgboost lightgbm catboost joblib statsmodels tensorflow keras transformers tokenizers sentence_transformers spacy gensim nltk imblearn category_encoders shap numba networkx pyarrow polars PIL skimage cv2 pytz dateutil pytorch_lightning lightning fastai timm ultralytics models omegaconf feature_engine lifelines prophet pmdarima sktime tslearn implicit surprise optuna hyperopt skorch skopt mlxtend umap hdbscan faiss Cython cython safetensors peft accelerate diffusers datasets einops jax jaxlib flax optax haiku".split(
    " ",
  ),
);

const dangerousIn =
  /^(numpy\.(f2py|distutils|testing|ctypeslib|load|loads|fromfile|memmap|save|savetxt|genfromtxt|loadtxt|lib\.npyio|compat\.py3k)|pandas\.(eval|read_\w+|io\.|core\.computation|util\.testing)|torch\.(load|save|hub|utils\.(cpp_extension|collect_env|bottleneck|data\.datapipes)|distributed|_inductor|_dynamo|jit\.(load|unsupported|_)|package|onnx|serialization\.load|fx\.experimental|testing)|joblib\.(load|dump|numpy_pickle\.load|memory|Parallel|parallel|externals|_parallel|func_inspect|test)|scipy\.(io|weave|misc\.face|datasets)|sklearn\.(datasets\.(fetch|load_files|_)|utils\.(_testing|fixes)|externals)|tensorflow\.(io|python\.(ops\.io_ops|lib\.io|platform)|keras\.(models\.load|utils\.get_file)|saved_model|raw_ops\.(ReadFile|WriteFile))|keras\.(models\.load|saving|utils\.get_file|layers\.Lambda)|transformers\.(pipeline|\w+\.from_pretrained|utils\.hub|dynamic_module_utils)|networkx\.(read|write)|nltk\.(download|data)|numba\.(core\.(registry|serialize)|pycc)|cv2\.(imread|imwrite|FileStorage)|PIL\.Image\.(open|show)|PIL\.ImageShow|PIL\.ImageMath|Cython|cython|datasets\.load|omegaconf\.resolvers|spacy\.cli|gensim\.(downloader|utils\.unpickle))/;

/** Packages outside of the standard library whose purpose is to run, fetch or change things. */
const dangerousPackages = new Set(
  "pip setuptools pkg_resources distutils cloudpickle dill IPython ipykernel requests httpx httplib2 urllib3 aiohttp paramiko fabric invoke sh plumbum pexpect psutil fsspec boto3 botocore s3fs gcsfs flask django tornado twisted gevent jinja2 mako execnet nt posix ntpath posixpath win32api win32com docker kubernetes celery ray dask mlflow bdb code torch_cpp pytest nose py _pytest lib2to3 webbrowser pty commands __builtin__ exceptions _io _posixsubprocess _winapi".split(
    " ",
  ),
);

/** Functions and lower-case classes that pickles of models and data call to rebuild what they hold. */
const rebuilders = new RegExp(
  `^(${[
    String.raw`numpy\.(ndarray|dtype|generic|number|matrix|recarray|random\.(mtrand|_generator|_mt19937|_pcg64|_philox|_sfc64)\.\w+|bool_?|object_?|str_?|bytes_?|void|u?int\w*|float\w*|complex\w*|longlong|ulonglong|longdouble|datetime64|timedelta64)`,
    String.raw`numpy\._?core\.(_?multiarray|_multiarray_umath|numeric|_internal)\.(_reconstruct|scalar|_frombuffer|_ufunc_reconstruct|ndarray|dtype)`,
    String.raw`numpy\._?core\.(_ufunc_reconstruct|numeric\._frombuffer)`,
    String.raw`numpy\.ma\.core\._mareconstruct`,
    String.raw`numpy\.random\._pickle\.(__randomstate_ctor|__generator_ctor|__bit_generator_ctor)`,
    String.raw`numpy\.(abs|absolute|add|all|any|arctan|arctan2|argmax|argmin|around|cbrt|ceil|clip|cos|cosh|cumsum|diff|divide|exp|exp2|expm1|floor|identity|isfinite|isnan|log|log10|log1p|log2|max|maximum|mean|median|min|minimum|multiply|nan_to_num|nanmax|nanmean|nanmedian|nanmin|negative|power|prod|ravel|reciprocal|round|sign|sin|sinh|sqrt|square|std|subtract|sum|tan|tanh|transpose|var|where)`,
    String.raw`scipy\.sparse\.\w*\.?\w*(_matrix|_array)`,
    String.raw`scipy\.(stats\._(continuous|discrete)_distns\.\w+_gen|special\._ufuncs\.\w+|special\.\w+|interpolate\._?interpolate\.interp1d)`,
    String.raw`pandas\._libs\.(internals\._unpickle_block|arrays\.__pyx_unpickle_NDArrayBacked|interval\.\w+|tslibs\.\w+\.\w+|missing\.\w+)`,
    String.raw`pandas\.core\.(indexes\.(base\._new_Index|datetimes\._new_DatetimeIndex|period\._new_PeriodIndex)|internals\.\w+\.(new_block|_unpickle_block|make_block)|dtypes\.\w+\.\w+)`,
    String.raw`sklearn\.(tree\._tree\.\w+|neighbors\._\w+\.(newObj|__pyx_\w+)|metrics\._dist_metrics\.(newObj|__pyx_\w+)|_loss\._loss\.__pyx_unpickle_\w+|_loss\.loss\.\w+|linear_model\._sgd_fast\.\w+|utils\.deprecation\.\w+|utils\._bunch\.Bunch|feature_extraction\.text\.\w+|metrics\.\w*\.?(pairwise\.)?\w+|feature_selection\.\w+\.(f_classif|f_regression|chi2|mutual_info_\w+))`,
    String.raw`torch\._utils\._rebuild_\w+`,
    String.raw`torch\._tensor\._rebuild_from_type_v2`,
    String.raw`torch\.(float|double|half|bfloat16|int|long|short|bool|uint8|int8|int16|int32|int64|float16|float32|float64|complex64|complex128|device|dtype|strided|Size|per_tensor_affine|per_channel_affine|contiguous_format|channels_last)`,
    String.raw`torch\.(storage\.(\w*Storage)|serialization\._get_layout|nn\.functional\.(relu|gelu|silu|tanh|sigmoid|softmax|elu|leaky_relu))`,
    String.raw`joblib\.numpy_pickle\.(NumpyArrayWrapper|NDArrayWrapper|ZNDArrayWrapper)`,
    String.raw`pytz\._(UTC|p)`,
    String.raw`pyarrow\.lib\.(py_buffer|_restore_array|type_for_alias|\w+_type|schema|field)`,
  ].join("|")})$`,
);

/** A class by its spelling, perhaps inside another class; a leading underscore is common. */
const className = /^_*[A-Z]\w*(\._*[A-Z]\w*)*$/;

/**
 * Judges by name only, and what is not known to be harmless is not: the standard library must be on the list of harmless
 * names; of model packages their classes and their rebuilding functions pass, save for the names known to run or fetch things.
 */
export function judgeGlobal({ module, name }: PickleGlobal): PickleVerdict {
  const full = `${module}.${name}`;
  const root = module.split(".")[0] ?? "";
  if (module === "?" || name === "?") return "dangerous";
  // Attributes reached through a class (`A.__init__.__globals__`) are a known way around name lists.
  if (/__\w+__/.test(name) && module !== "copyreg" && module !== "copy_reg" && !rebuilders.test(full))
    return "dangerous";
  if (root === "builtins" || root === "__builtin__") return builtins.has(name) ? "harmless" : "dangerous";
  if (harmlessStandard.test(full)) return "harmless";
  if (root === "__main__") return "unknown";
  if (dangerousPackages.has(root) || standardModules.has(root) || standardModules.has(root.replace(/^_/, "")))
    return "dangerous";
  if (dangerousIn.test(full)) return "dangerous";
  if (!modelPackages.has(root)) return "unknown";
  // `sklearn.utils` and `os.system` is os.system: a path through a module is no class of the package.
  const steps = full.split(".").slice(1);
  if (steps.some((step) => standardModules.has(step) && reaching.has(step))) return "dangerous";
  return className.test(name) || rebuilders.test(full) ? "harmless" : "unknown";
}

/** Modules that packages import, through which a name could reach what runs things. */
const reaching = new Set(
  "os sys subprocess builtins importlib shutil pickle ctypes socket runpy pty code codeop inspect types functools operator posix nt marshal multiprocessing threading signal platform tempfile urllib http asyncio warnings webbrowser gc imp pkgutil zipimport".split(
    " ",
  ),
);
