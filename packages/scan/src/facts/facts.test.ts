import { describe, expect, test } from "vitest";
import { loadPythonParser } from "#sources/python.js";
import { type FileFacts, qualifiedName, readFileFacts } from "./file.js";
import { ancestryOf } from "./lineage.js";
import { definitionsOf } from "./names.js";
import { childIn, kindOf, nodesOf, textOf } from "./tree.js";
import { typeOf } from "./types.js";

const parser = await loadPythonParser();

function read(text: string): FileFacts {
  const { tree, errors } = parser.parse(text, [{ text, offset: 0 }]);
  return readFileFacts({ path: "a.py", kind: "python", text, tree, cells: [], hasSyntaxError: errors.length > 0 });
}

/** The type of the argument of `show(...)`, with its confidence. */
function shown(text: string): string {
  const facts = read(text);
  const call = facts.calls.find((candidate) => candidate.method === "show");
  const list = childIn(facts.tree, call?.node ?? -1, "arguments");
  const type = typeOf(facts, list + 1);
  return type ? `${type.type} ${type.confidence}` : "unknown";
}

describe("names", () => {
  test("resolve through aliases, from-imports and submodules", () => {
    const facts = read(
      "import numpy as np\nimport os.path\nfrom sklearn.linear_model import Ridge as R\nfrom . import near\nnp.random.rand(1)\nos.path.join('a')\nR()\nnear.x()\nother.y()\n",
    );
    expect(facts.calls.map((call) => call.name)).toEqual([
      "numpy.random.rand",
      "os.path.join",
      "sklearn.linear_model.Ridge",
      "..near.x",
      undefined,
    ]);
  });

  test("keep an import that has a fallback, and lose one that is bound again", () => {
    expect(read("try:\n    import torch as t\nexcept ImportError:\n    t = None\nt.rand(1)\n").calls[0]?.name).toBe(
      "torch.rand",
    );
    expect(read("import torch as t\nt = other()\nt.rand(1)\n").calls[1]?.name).toBeUndefined();
    expect(read("import torch\ndef f(torch):\n    torch.rand(1)\n").calls[0]?.name).toBeUndefined();
  });

  test("belong to the scope that Python gives them", () => {
    const facts = read(
      "x = 1\nclass A:\n    x = 2\n    def f(self, a=x):\n        return x\ndef g():\n    global y\n    y = 3\n    return [x for x in range(3) if x]\n",
    );
    const scopeOfUse = facts.names.uses
      .filter((use) => textOf(facts.tree, use) === "x")
      .map((use) => definitionsOf(facts.tree, facts.names, use, "x")?.scope.kind);
    expect(scopeOfUse).toEqual(["class", "module", "comprehension", "comprehension"]);
    expect(facts.names.scopes[0]?.definitions.has("y")).toBe(true);
  });

  test("know what an import may miss", () => {
    const facts = read(
      "import a\ntry:\n    import b\nexcept ImportError:\n    pass\ndef f():\n    import c\nfrom d import *\n",
    );
    expect(facts.names.imports.map((fact) => [fact.module, fact.optional])).toEqual([
      ["a", false],
      ["b", true],
      ["c", true],
      ["d", false],
    ]);
    expect(facts.names.hasStarImport).toBe(true);
  });
});

describe("types", () => {
  test("come from readers, constructors and annotations", () => {
    expect(shown("import pandas as pd\ndf = pd.read_csv('a')\nshow(df)\n")).toBe("DataFrame high");
    expect(shown("import pandas as pd\ndef f(table: pd.DataFrame):\n    show(table)\n")).toBe("DataFrame high");
    expect(shown("from sklearn.svm import SVC\nm = SVC().fit(X, y)\nshow(m)\n")).toBe("Estimator high");
    expect(shown("import torch.nn as nn\nclass Net(nn.Module):\n    pass\nnet = Net().to('cuda')\nshow(net)\n")).toBe(
      "Module high",
    );
  });

  test("never come from the name of a variable", () => {
    expect(shown("show(df)\n")).toBe("unknown");
    expect(shown("import pandas as pd\ndef f(df):\n    show(df)\n")).toBe("unknown");
  });

  test("flow through methods, indexing, unpacking and functions of the file", () => {
    const head = "import pandas as pd\nfrom sklearn.model_selection import train_test_split\ndf = pd.read_csv('a')\n";
    expect(shown(`${head}show(df.dropna().query('a > 1'))\n`)).toBe("DataFrame high");
    expect(shown(`${head}show(df['a'])\n`)).toBe("Series high");
    expect(shown(`${head}show(df[df['a'] > 1])\n`)).toBe("DataFrame high");
    expect(shown(`${head}a, b = train_test_split(df)\nshow(b)\n`)).toBe("DataFrame high");
    expect(shown(`${head}def load():\n    return pd.read_csv('b')\nshow(load())\n`)).toBe("DataFrame high");
    expect(shown(`${head}show(df.groupby('a').mean())\n`)).toBe("DataFrame medium");
    expect(shown(`${head}def g(part):\n    show(part)\ng(df)\n`)).toBe("DataFrame medium");
  });

  test("weaken or vanish where definitions disagree", () => {
    expect(shown("import pandas as pd\ndf = pd.read_csv('a')\ndf = df.dropna()\nshow(df)\n")).toBe("DataFrame high");
    expect(shown("import pandas as pd\nx = 3\nx = pd.read_csv('a')\nshow(x)\n")).toBe("DataFrame medium");
    expect(shown("import pandas as pd\nx = pd.read_csv('a')\nx = 3\nshow(x)\n")).toBe("unknown");
    expect(shown("import pandas as pd\nx = pd.read_csv('a', chunksize=10)\nshow(x)\n")).toBe("unknown");
  });

  test("end on definitions that go in circles", () => {
    expect(shown("def f(a):\n    return f(a)\na = b\nb = a\nshow(f(a))\n")).toBe("unknown");
  });
});

test("lineage lists the calls that took part, through stores into columns", () => {
  const facts = read(
    "df = load()\ndf['a'] = scale(df['a'])\nother = noise()\nX = df.drop('y')\nshow(X)\ndf['b'] = later()\n",
  );
  const show = facts.calls.find((call) => call.method === "show");
  const argument = childIn(facts.tree, show?.node ?? -1, "arguments") + 1;
  expect(
    ancestryOf(facts, argument)
      .map((call) => call.method)
      .sort(),
  ).toEqual(["drop", "load", "scale"]);
});

test("a program is told from a module", () => {
  expect(read("import a\ndef f():\n    pass\n").isEntryPoint).toBe(false);
  expect(read("import a\nif __name__ == '__main__':\n    a.f()\n").isEntryPoint).toBe(true);
  expect(read("import a\na.train()\n").isEntryPoint).toBe(true);
  expect(read("import logging\nlogging.basicConfig()\nregister_model(x)\n").isEntryPoint).toBe(false);
});

test("the tree holds every node in preorder with its text", () => {
  const { tree } = read("def f(a, b=2):\n    return a @ b != 'x'\n");
  expect(kindOf(tree, 0)).toBe("module");
  for (let node = 1; node < tree.size; node++) {
    const parent = tree.parents[node] ?? -1;
    expect(parent).toBeLessThan(node);
    expect(tree.starts[node]).toBeGreaterThanOrEqual(tree.starts[parent] ?? 0);
    expect(tree.ends[node]).toBeLessThanOrEqual(tree.ends[parent] ?? 0);
    expect(tree.lasts[node]).toBeLessThanOrEqual(tree.lasts[parent] ?? 0);
  }
  expect(nodesOf(tree, "!=")).toHaveLength(1);
  expect(qualifiedName(read("x\n"), 1)).toBeUndefined();
});
