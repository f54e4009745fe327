import { describe, expect, test } from "vitest";
import type { Unseen } from "#report.js";
import { type Manifest, readManifests } from "./manifests.js";
import { loadPythonParser } from "./python.js";
import { parseRequirement, pinOf } from "./requirements.js";

async function read(path: string, text: string): Promise<{ manifest: Manifest | undefined; unseen: Unseen[] }> {
  const unseen: Unseen[] = [];
  const [manifest] = await readManifests([{ path, bytes: text.length }], () => text, await loadPythonParser(), unseen);
  return { manifest, unseen };
}

function brief(manifest: Manifest | undefined): unknown[] {
  return (manifest?.requirements ?? []).map(({ name, pin, group, line }) => [name, pin, group, line]);
}

describe("reading manifests", () => {
  test("requirements.txt with options, hashes, extras, markers and continuation lines", async () => {
    const text =
      "--index-url https://example.org\n-r base.txt\nPandas[sql]==2.2.0 ; python_version > '3.8' \\\n    --hash=sha256:aa\nnumpy>=1.20,<2  # floor\n\nscikit_learn\n-e git+https://example.org/a.git#egg=my_tool\nx @ https://example.org/x.whl\n";
    const { manifest } = await read("requirements.txt", text);
    expect(brief(manifest)).toEqual([
      ["pandas", "exact", "main", 3],
      ["numpy", "bounded", "main", 5],
      ["scikit-learn", "none", "main", 7],
      ["my-tool", "direct", "main", 8],
      ["x", "direct", "main", 9],
    ]);
    expect(brief((await read("requirements/dev.txt", "pytest\n")).manifest)).toEqual([["pytest", "none", "dev", 1]]);
  });

  test("pyproject.toml of the standard and of Poetry, with lines", async () => {
    const standard =
      '[build-system]\nrequires = ["hatchling"]\n[project]\nname = "My.Tool"\ndependencies = [\n  "torch>=2",\n  "numpy~=1.26",\n]\n[project.optional-dependencies]\nplot = ["matplotlib"]\n[dependency-groups]\ndev = ["pytest==8.0"]\n';
    const { manifest } = await read("pyproject.toml", standard);
    expect(manifest?.project).toBe("my-tool");
    expect(brief(manifest)).toEqual([
      ["torch", "lower", "main", 6],
      ["numpy", "bounded", "main", 7],
      ["matplotlib", "none", "plot", 10],
      ["pytest", "exact", "dev", 12],
    ]);
    const poetry =
      '[tool.poetry]\nname = "a"\n[tool.poetry.dependencies]\npython = "^3.10"\npandas = "^2.0"\nmlflow = {version = "2.9.1", extras = ["x"]}\nown = {git = "https://example.org"}\n[tool.poetry.group.dev.dependencies]\nblack = "*"\n';
    expect(brief((await read("pyproject.toml", poetry)).manifest)).toEqual([
      ["pandas", "bounded", "main", 5],
      ["mlflow", "exact", "main", 6],
      ["own", "direct", "main", 7],
      ["black", "none", "dev", 9],
    ]);
    expect((await read("pyproject.toml", "[tool.black]\nline-length = 1\n")).manifest).toBeUndefined();
  });

  test("setup.py by its literals, through one name, and never by running it", async () => {
    const text =
      "from setuptools import setup\nneeds = ['pandas', 'numpy==1.26']\nsetup(name='a', install_requires=needs, extras_require={'dev': ['pytest']})\n";
    const { manifest } = await read("setup.py", text);
    expect(manifest?.isOpen).toBeUndefined();
    expect(brief(manifest)).toEqual([
      ["pandas", "none", "main", 2],
      ["numpy", "exact", "main", 2],
      ["pytest", "none", "dev", 3],
    ]);
    expect(
      (await read("setup.py", "from setuptools import setup\nsetup(install_requires=open('r.txt').read().split())\n"))
        .manifest?.isOpen,
    ).toBe(true);
  });

  test("conda, Pipfile and setup.cfg", async () => {
    expect(
      brief(
        (
          await read(
            "environment.yml",
            "name: a\ndependencies:\n  - python=3.11\n  - conda-forge::pandas=2.1.0\n  - numpy>=1.2\n  - pip:\n    - mlflow==2.0\n",
          )
        ).manifest,
      ),
    ).toEqual([
      ["pandas", "bounded", "main", 4],
      ["numpy", "lower", "main", 5],
      ["mlflow", "exact", "main", 7],
    ]);
    expect(
      brief((await read("Pipfile", '[packages]\npandas = "==2.0"\n[dev-packages]\npytest = "*"\n')).manifest),
    ).toEqual([
      ["pandas", "exact", "main", 2],
      ["pytest", "none", "dev", 4],
    ]);
    expect(
      brief(
        (
          await read(
            "setup.cfg",
            "[metadata]\nname = a\n[options]\ninstall_requires =\n    pandas>=1\n    numpy\n[options.extras_require]\ndev = pytest\n",
          )
        ).manifest,
      ),
    ).toEqual([
      ["pandas", "lower", "main", 5],
      ["numpy", "none", "main", 6],
      ["pytest", "none", "dev", 8],
    ]);
  });

  test("names a manifest that cannot be read", async () => {
    expect((await read("pyproject.toml", "[project\n")).unseen).toMatchObject([
      { code: "SCAN_MANIFEST_INVALID", path: "pyproject.toml" },
    ]);
  });

  test("survives aliases that would grow without bound", async () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x]\n${Array.from(
      { length: 12 },
      (_, index) =>
        `k${index}: &k${index} [${Array(8)
          .fill(index === 0 ? "*a" : `*k${index - 1}`)
          .join(",")}]`,
    ).join("\n")}\ndependencies: *k11\n`;
    expect(brief((await read("environment.yml", bomb)).manifest)).toEqual([]);
  });
});

test("a specifier says how much freedom it leaves", () => {
  expect(["", "*", "==1.2", "===1", "==1.*", "~=1.2", "^1", ">=1", ">=1,<2", "!=1"].map(pinOf)).toEqual([
    "none",
    "none",
    "exact",
    "exact",
    "bounded",
    "bounded",
    "bounded",
    "lower",
    "bounded",
    "lower",
  ]);
  expect(parseRequirement("not a requirement at all", 1, "main")).toBeUndefined();
});
