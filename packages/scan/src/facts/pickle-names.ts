import type { PickleGlobal } from "#sources/pickle.js";
import { standardModules } from "./distributions.js";

/** What a name in a pickle can do when it is loaded. */
export type PickleVerdict = "harmless" | "dangerous" | "unknown";

const builtins = new Set(
  "set frozenset dict list tuple int float str bytes bytearray bool complex slice range object Ellipsis NotImplemented type Exception ValueError TypeError KeyError RuntimeError IndexError unicode long xrange".split(
    " ",
  ),
);

/** Names of the standard library that only build data. */
const harmlessStandard =
  /^(collections\.(OrderedDict|defaultdict|Counter|deque|ChainMap|UserDict|UserList)|copyreg\._reconstructor|copy_reg\._reconstructor|copyreg\.__newobj__|_codecs\.encode|codecs\.encode|datetime\.(datetime|date|time|timedelta|timezone)|decimal\.Decimal|fractions\.Fraction|uuid\.(UUID|SafeUUID)|pathlib\.(Pure)?(Posix|Windows)?Path|enum\.\w+|types\.SimpleNamespace|array\._array_reconstructor|array\.array|argparse\.Namespace|random\.Random|logging\.Logger|logging\.getLogger|re\._compile|zoneinfo\.ZoneInfo(\._unpickle)?|numbers\.\w+|math\.\w+|statistics\.\w+|string\.\w+|operator\.(add|sub|mul|truediv|floordiv|neg|lt|le|gt|ge|eq|ne|and_|or_|xor)|io\.(BytesIO|StringIO)|threading\.(Lock|RLock)|_thread\.(allocate_lock|RLock)|weakref\.\w+|dataclasses\._\w+|ipaddress\.\w+|functools\.partial|inspect\._empty)$/;

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

/** Judges by name only: the standard library must be on the list of harmless names, model packages off the list of dangerous ones. */
export function judgeGlobal({ module, name }: PickleGlobal): PickleVerdict {
  const full = `${module}.${name}`;
  const root = module.split(".")[0] ?? "";
  if (module === "?" || name === "?") return "dangerous";
  // Attributes reached through a class (`A.__init__.__globals__`) are a known way around name lists.
  if (/__\w+__/.test(name) && module !== "copyreg" && module !== "copy_reg") return "dangerous";
  if (root === "builtins" || root === "__builtin__") return builtins.has(name) ? "harmless" : "dangerous";
  if (harmlessStandard.test(full)) return "harmless";
  if (root === "__main__") return "unknown";
  if (dangerousPackages.has(root) || standardModules.has(root) || standardModules.has(root.replace(/^_/, "")))
    return "dangerous";
  if (dangerousIn.test(full)) return "dangerous";
  return modelPackages.has(root) ? "harmless" : "unknown";
}
