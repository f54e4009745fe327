/** Import names whose distribution on the package index is called otherwise. */
export const distributionOf: ReadonlyMap<string, string> = new Map(
  Object.entries({
    sklearn: "scikit-learn", cv2: "opencv-python", PIL: "pillow", yaml: "pyyaml", skimage: "scikit-image", bs4: "beautifulsoup4", dateutil: "python-dateutil",
    dotenv: "python-dotenv", attr: "attrs", serial: "pyserial", usb: "pyusb", Crypto: "pycryptodome", OpenSSL: "pyopenssl", jwt: "pyjwt", magic: "python-magic",
    MySQLdb: "mysqlclient", psycopg2: "psycopg2-binary", git: "gitpython", github: "pygithub", slugify: "python-slugify", docx: "python-docx", pptx: "python-pptx",
    fitz: "pymupdf", faiss: "faiss-cpu", umap: "umap-learn", hydra: "hydra-core", pytorch_lightning: "pytorch-lightning", lightning: "lightning", torch_geometric: "torch-geometric",
    tensorflow_hub: "tensorflow-hub", tensorflow_datasets: "tensorflow-datasets", tensorflow_addons: "tensorflow-addons", tensorflow_probability: "tensorflow-probability",
    sentence_transformers: "sentence-transformers", imblearn: "imbalanced-learn", kneed: "kneed", category_encoders: "category-encoders", mpl_toolkits: "matplotlib", pylab: "matplotlib",
    pkg_resources: "setuptools", google: "google-cloud", googleapiclient: "google-api-python-client", apiclient: "google-api-python-client", grpc: "grpcio", zmq: "pyzmq",
    ruamel: "ruamel-yaml", websocket: "websocket-client", telegram: "python-telegram-bot", discord: "discord-py", nacl: "pynacl", Levenshtein: "levenshtein", wx: "wxpython",
    gi: "pygobject", cairo: "pycairo", win32api: "pywin32", win32com: "pywin32", ipywidgets: "ipywidgets", IPython: "ipython", jose: "python-jose", multipart: "python-multipart",
    socks: "pysocks", markdown: "markdown", flask_cors: "flask-cors", flask_sqlalchemy: "flask-sqlalchemy", rest_framework: "djangorestframework", django: "django",
    prometheus_client: "prometheus-client", confluent_kafka: "confluent-kafka", kafka: "kafka-python", snowflake: "snowflake-connector-python", airflow: "apache-airflow",
    pyspark: "pyspark", great_expectations: "great-expectations", dash_bootstrap_components: "dash-bootstrap-components", wordcloud: "wordcloud", gensim: "gensim",
    stable_baselines3: "stable-baselines3", gym: "gym", skopt: "scikit-optimize", sklearn_crfsuite: "sklearn-crfsuite", pycocotools: "pycocotools", efficientnet_pytorch: "efficientnet-pytorch",
    huggingface_hub: "huggingface-hub", open_clip: "open-clip-torch", clip: "clip", editdistance: "editdistance", tiktoken: "tiktoken", langchain_openai: "langchain-openai",
    langchain_community: "langchain-community", langchain_core: "langchain-core", pydantic_settings: "pydantic-settings", azureml: "azureml-core", Bio: "biopython", rdkit: "rdkit",
    community: "python-louvain", igraph: "python-igraph", ogb: "ogb", dgl: "dgl", xlrd: "xlrd", ortools: "ortools", pulp: "pulp", netCDF4: "netcdf4", osgeo: "gdal",
    mlflow: "mlflow", evidently: "evidently", tree_sitter: "tree-sitter", pyarrow: "pyarrow", lightgbm: "lightgbm", xgboost: "xgboost", catboost: "catboost", sksurv: "scikit-survival",
    speech_recognition: "speechrecognition", pyaudio: "pyaudio", ffmpeg: "ffmpeg-python", tabulate: "tabulate", memory_profiler: "memory-profiler", line_profiler: "line-profiler",
  }),
);

/** Distributions that bring a package along, so that using it directly is loose but works. */
export const bringsAlong: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    pandas: ["numpy", "python-dateutil", "pytz"],
    "scikit-learn": ["numpy", "scipy", "joblib", "threadpoolctl"],
    scipy: ["numpy"],
    matplotlib: ["numpy", "pillow", "python-dateutil"],
    seaborn: ["matplotlib", "numpy", "pandas"],
    torch: ["numpy", "sympy", "networkx", "typing-extensions", "jinja2", "filelock"],
    torchvision: ["torch", "numpy", "pillow"],
    tensorflow: ["keras", "numpy", "tensorboard", "h5py", "protobuf", "grpcio"],
    keras: ["numpy", "h5py"],
    xgboost: ["numpy", "scipy"],
    lightgbm: ["numpy", "scipy"],
    "pytorch-lightning": ["torch", "torchmetrics", "pyyaml", "tqdm", "numpy"],
    transformers: ["numpy", "tokenizers", "huggingface-hub", "pyyaml", "requests", "tqdm", "safetensors"],
    datasets: ["pyarrow", "pandas", "numpy", "huggingface-hub", "requests", "tqdm"],
    mlflow: ["pandas", "numpy", "scikit-learn", "matplotlib", "flask", "sqlalchemy", "pyyaml", "requests", "click", "docker", "pyarrow", "scipy"],
    "hydra-core": ["omegaconf"],
    fastapi: ["pydantic", "starlette", "typing-extensions"],
    pydantic: ["typing-extensions"],
    sqlalchemy: ["typing-extensions"],
    typer: ["click", "rich"],
    ray: ["numpy", "requests", "click", "pyyaml", "jsonschema"],
    flask: ["werkzeug", "jinja2", "click"],
    jupyter: ["ipython", "ipywidgets", "notebook", "nbformat", "nbconvert", "ipykernel"],
    jupyterlab: ["ipython", "nbformat", "nbconvert", "ipykernel"],
    notebook: ["ipython", "nbformat", "nbconvert", "ipykernel"],
    ipykernel: ["ipython"],
    ipywidgets: ["ipython"],
    ultralytics: ["torch", "torchvision", "numpy", "opencv-python", "matplotlib", "pandas", "pillow", "pyyaml", "requests", "scipy", "tqdm", "psutil"],
    spacy: ["numpy", "pydantic", "requests", "tqdm", "jinja2"],
    statsmodels: ["numpy", "scipy", "pandas"],
    shap: ["numpy", "scipy", "scikit-learn", "pandas", "tqdm"],
    streamlit: ["pandas", "numpy", "altair", "pillow", "requests", "pyarrow"],
    "imbalanced-learn": ["scikit-learn", "numpy", "scipy", "joblib"],
    evidently: ["pandas", "numpy", "scikit-learn", "plotly", "scipy"],
    "apache-airflow": ["jinja2", "pendulum", "sqlalchemy", "requests", "click", "flask"],
    "great-expectations": ["pandas", "numpy", "scipy", "jinja2", "requests"],
    boto3: ["botocore"],
    librosa: ["numpy", "scipy", "scikit-learn", "soundfile", "joblib"],
    "sentence-transformers": ["transformers", "torch", "scikit-learn", "scipy", "huggingface-hub", "pillow", "numpy", "tqdm"],
    optuna: ["numpy", "sqlalchemy", "tqdm", "pyyaml"],
    dask: ["pyyaml", "fsspec"],
    polars: [],
  }),
);

/** Other names of the same code on the index. */
const families: readonly (readonly string[])[] = [
  ["opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless", "opencv", "py-opencv"],
  ["psycopg2-binary", "psycopg2"],
  ["tensorflow", "tensorflow-cpu", "tensorflow-gpu", "tensorflow-macos", "tf-nightly", "intel-tensorflow"],
  ["torch", "pytorch", "pytorch-cpu", "pytorch-gpu"],
  ["faiss-cpu", "faiss-gpu", "faiss"],
  ["pytorch-lightning", "lightning"],
  ["pycryptodome", "pycryptodomex", "pycrypto"],
  ["kafka-python", "kafka-python-ng"],
  ["pillow", "pillow-simd", "pil"],
  ["levenshtein", "python-levenshtein"],
  ["igraph", "python-igraph"],
  ["mysqlclient", "mysql-python"],
  ["scikit-learn", "sklearn", "scikit-learn-intelex"],
  ["gym", "gymnasium"],
  ["matplotlib", "matplotlib-base"],
  ["umap-learn", "umap"],
  ["beautifulsoup4", "bs4"],
  ["xgboost", "py-xgboost", "xgboost-cpu"],
  ["mlflow", "mlflow-skinny"],
  ["graphviz", "python-graphviz"],
];

export function sameDistribution(name: string): readonly string[] {
  return families.find((family) => family.includes(name)) ?? [name];
}

/** Top-level modules of the standard library, Python 2.7 names of Python 3 programs included. */
export const standardModules: ReadonlySet<string> = new Set(
  (
    "__future__ __main__ _thread abc aifc argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii binhex bisect builtins bz2 calendar cgi cgitb chunk " +
    "cmath cmd code codecs codeop collections colorsys compileall compression concurrent configparser contextlib contextvars copy copyreg cProfile crypt csv ctypes curses dataclasses " +
    "datetime dbm decimal difflib dis distutils doctest email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch formatter fractions ftplib functools " +
    "gc getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib inspect io ipaddress itertools json keyword lib2to3 " +
    "linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path numbers opcode " +
    "operator optparse os ossaudiodev parser pathlib pdb pickle pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr " +
    "pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site smtpd smtplib sndhdr " +
    "socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau symbol symtable sys sysconfig syslog tabnanny " +
    "tarfile telnetlib tempfile termios test textwrap this threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing " +
    "unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo " +
    "cPickle urllib2 urlparse StringIO ConfigParser Queue thread commands httplib cookielib Tkinter __builtin__"
  ).split(" "),
);

/** Modules that a host or a build puts there; no manifest can name them. */
export const hostModules: ReadonlySet<string> = new Set("google.colab kaggle_secrets dbutils pyspark_dist ipykernel_launcher caffe2 bpy maya hou FreeCAD setuptools pip wheel _cffi_backend typing_extensions_host".split(" "));
