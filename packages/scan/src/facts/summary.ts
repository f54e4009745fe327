import { placeOf } from "#place.js";
import type { Call, FileFacts } from "./file.js";
import type { FileSummary } from "./project.js";
import { readRandomness } from "./randomness.js";
import { typeOf } from "./types.js";

const saves =
  /^(torch\.save|joblib\.dump|skops\.io\.dump|mlflow\.\w+\.(log_model|save_model)|safetensors\.\w+\.save_file|bentoml\.\w+\.save_model)$/;

export function summarise(facts: FileFacts): FileSummary {
  const saving =
    facts.calls.find((call) => saves.test(call.name ?? "") || call.method === "save_pretrained") ?? pickledModel(facts);
  return {
    savesModel: saving && placeOf(facts, { node: saving.node }),
    path: facts.path,
    kind: facts.kind,
    imports: facts.names.imports.map((fact) => ({ ...fact, place: placeOf(facts, { node: fact.node }) })),
    randomness: readRandomness(facts),
    isEntryPoint: facts.isEntryPoint,
    isTest: facts.isTest,
    codeLines: facts.codeLines,
    installs: facts.cells.flatMap((cell) => cell.magics.flatMap((magic) => installedPackages(magic.text))),
  };
}

/** A pickle written by a file that fits an estimator. */
function pickledModel(facts: FileFacts): Call | undefined {
  const dump = facts.calls.find((call) => /^(pickle|cPickle|dill|cloudpickle)\.dump$/.test(call.name ?? ""));
  const fits = facts.calls.some(
    (call) => call.method === "fit" && call.receiver >= 0 && typeOf(facts, call.receiver)?.type === "Estimator",
  );
  return fits ? dump : undefined;
}

/** Packages named by `pip install`, `conda install` and the like; options and files are left out. */
export function installedPackages(text: string): string[] {
  const found = /\b(?:pip3?|conda|mamba|uv pip)\s+install\s+(.*)$/.exec(text);
  if (!found) return [];
  const words = (found[1] ?? "").split("#")[0]?.split(/\s+/) ?? [];
  const packages: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (/^(-[a-zA-Z]*r|-c|-f|-i|--index-url|--extra-index-url|--requirement|--find-links|--channel|-n|-p)$/.test(word))
      index++;
    else if (/^['"]?[A-Za-z0-9][\w.-]*/.test(word)) packages.push(word.replace(/['"]/g, ""));
    else if (/^(;|&&|\|)/.test(word)) break;
  }
  return packages;
}
