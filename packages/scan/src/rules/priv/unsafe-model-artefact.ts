import { inspectArtefact } from "#artefacts/inspect.js";
import type { UnreadCode } from "#artefacts/notes.js";
import { defineProjectRule, type ProjectRule } from "#rule.js";
import type { ReadRange } from "#sources/archive.js";

const artefact = /\.(pkl|pickle|p|joblib|dill|pt|pth|ckpt|bin|npy|npz|h5|hdf5|keras|pb|zip|model|sav)(\.gz|\.z)?$/i;
const maxBytes = 64_000_000;

/** os.system("true") in protocol 0, as bytes: the smallest hostile pickle. */
const hostile: Uint8Array = new TextEncoder().encode("cos\nsystem\n(S'true'\ntR.");
const plainDict: Uint8Array = Uint8Array.from([0x80, 0x04, 0x7d, 0x8c, 0x01, 0x61, 0x4b, 0x01, 0x73, 0x2e]);
const ordered: Uint8Array = new TextEncoder().encode("ccollections\nOrderedDict\n(tR.");

/** What loading a model file would import and call, judged by names; the file is walked, never loaded. */
const rule: ProjectRule = defineProjectRule({
  code: "MLD902",
  slug: "unsafe-model-artefact",
  family: "priv",
  tier: "on",
  origin: "picklescan; modelscan",
  evidence: ["B"],
  confidence: "high",
  principalClass: "config",
  effort: 30,
  fix: "advice",
  securitySeverity: 9.3,
  summary: "A model or data file would run code when it is loaded.",
  why: "A pickle is a program: loading it calls what it names, with the rights of whoever loads it.",
  remedy: "Do not load the file; find its origin, and store weights as safetensors, skops or ONNX.",
  examples: {
    bad: [
      { "model.pkl": hostile },
      {
        "weights.pt": Uint8Array.from([
          0x80,
          0x04,
          0x8c,
          0x05,
          ...ascii("posix"),
          0x8c,
          0x06,
          ...ascii("system"),
          0x93,
          0x8c,
          0x02,
          ...ascii("ls"),
          0x85,
          0x52,
          0x2e,
        ]),
      },
    ],
    good: [
      { "model.pkl": plainDict },
      { "state.pkl": ordered },
      { "empty.pkl": new Uint8Array(0) },
      { "model.pkl": "version https://git-lfs.github.com/spec/v1\n" },
    ],
  },
  check(project, report) {
    for (const { path, bytes } of project.files) {
      if (!artefact.test(path) || bytes === 0) continue;
      const read: ReadRange = (offset, length) => project.readRange(path, offset, length);
      const seen = inspectArtefact(path, bytes, read, { bytes: maxBytes });
      for (const { code, what } of seen.unread) {
        project.noteUnseen({ code, path, message: `${what}.`, next: nextFor[code] });
      }
      const called = seen.names
        .filter((one) => one.verdict === "dangerous")
        .map((one) => one.name)
        .sort();
      const unknown = seen.names.filter((one) => one.verdict === "unknown").map((one) => one.name);
      if (seen.verdict === "dangerous") {
        const shown = called.slice(0, 4).join(", ");
        report(path, {
          at: { line: 1 },
          message:
            called.length > 0
              ? `Loading this file would call ${shown}${called.length > 4 ? ", …" : ""}.`
              : `Loading this file is dangerous: ${seen.reasons[0]}.`,
          evidence: seen.reasons.slice(0, 20),
          identity: called.length > 0 ? called.join(" ") : (seen.reasons[0] ?? seen.format),
        });
      }
      if (unknown.length > 0)
        report(path, {
          at: { line: 1 },
          message: `The file imports ${unknown.slice(0, 4).join(", ")}.`,
          identity: "unknown",
          counted: true,
        });
    }
  },
});

export default rule;

const beforeLoading = "Unpack it and scan again before anybody loads it.";
const nextFor: Readonly<Record<UnreadCode, string>> = {
  SCAN_LFS_POINTER: "Run: git lfs pull.",
  SCAN_ARTEFACT_PACKED: beforeLoading,
  SCAN_ARTEFACT_TOO_LARGE: "Check the file with a tool on the machine that holds it, or store it as safetensors.",
  SCAN_PICKLE_CUT: "Do not load it before its origin is known.",
  SCAN_ARCHIVE_DAMAGED: "Do not load it; make it again.",
  SCAN_ARCHIVE_MEMBER_UNREAD: beforeLoading,
  SCAN_ARCHIVE_CUT: beforeLoading,
};

function ascii(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}
