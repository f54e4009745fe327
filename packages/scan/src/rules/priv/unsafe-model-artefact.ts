import { judgeGlobal } from "#facts/pickle-names.js";
import type { ProjectFacts } from "#facts/project.js";
import { defineProjectRule, type ProjectRule } from "#rule.js";
import { listZip, type ReadRange, readMember, unpack } from "#sources/archive.js";
import { type PickleGlobal, scanPickle } from "#sources/pickle.js";

const artefact = /\.(pkl|pickle|p|joblib|dill|pt|pth|ckpt|bin|npy|npz|h5|hdf5|keras|pb|zip|model|sav)(\.gz|\.z)?$/i;
const memberName = /\.(pkl|pickle|joblib|npy|dill)$|(^|\/)data\.pkl$/i;
const maxBytes = 64_000_000;
const maxMembersRead = 200;

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
      const dangerous = new Map<string, string>();
      const unknown = new Set<string>();
      const judge = (globals: readonly PickleGlobal[], where: string, onlyDangerous: boolean): void => {
        for (const global of globals) {
          const verdict = judgeGlobal(global);
          if (verdict === "dangerous") dangerous.set(`${global.module}.${global.name}`, where);
          else if (verdict === "unknown" && !onlyDangerous) unknown.add(`${global.module}.${global.name}`);
        }
      };
      scanArtefact(project, path, bytes, read, judge, (what, where) => void dangerous.set(what, where));
      if (dangerous.size > 0) {
        const names = [...dangerous.keys()].sort();
        report(path, {
          at: { line: 1 },
          message: `Loading this file would call ${names.slice(0, 4).join(", ")}${names.length > 4 ? ", …" : ""}.`,
          evidence: [...dangerous].slice(0, 20).map(([name, where]) => (where === "" ? name : `${name} in ${where}`)),
          identity: names.join(" "),
        });
      }
      if (unknown.size > 0)
        report(path, {
          at: { line: 1 },
          message: `The file imports ${[...unknown].slice(0, 4).join(", ")}.`,
          identity: "unknown",
          counted: true,
        });
    }
  },
});

export default rule;

type Judge = (globals: readonly PickleGlobal[], where: string, onlyDangerous: boolean) => void;

function scanArtefact(
  project: ProjectFacts,
  path: string,
  size: number,
  read: ReadRange,
  judge: Judge,
  flag: (what: string, where: string) => void,
): void {
  const head = read(0, 64);
  if (!head || head.length < 2) return;
  const start = new TextDecoder("latin1").decode(head);
  if (start.startsWith("version https://git-lfs")) {
    project.noteUnseen({
      code: "SCAN_LFS_POINTER",
      path,
      message: "The file is a Git LFS pointer, its content is not here.",
      next: "Run: git lfs pull.",
    });
    return;
  }
  if (
    start.startsWith("7z\xbc\xaf") ||
    start.startsWith("BZh") ||
    start.startsWith("\xfd7zXZ") ||
    start.startsWith("\x04\x22\x4d\x18")
  ) {
    project.noteUnseen({
      code: "SCAN_ARTEFACT_PACKED",
      path,
      message: "The file is packed in a way the scan does not unpack.",
      next: "Unpack it and scan again before anybody loads it.",
    });
    return;
  }
  if (start.startsWith("PK")) {
    scanZip(project, path, size, read, judge, flag);
    return;
  }
  if (/\.(safetensors|onnx|zip)$/i.test(path)) return;
  if (size > maxBytes) {
    project.noteUnseen({
      code: "SCAN_ARTEFACT_TOO_LARGE",
      path,
      message: `${size} bytes; unpacked files above ${maxBytes} are not walked.`,
      next: "Check the file with a tool on the machine that holds it, or store it as safetensors.",
    });
    return;
  }
  const bytes = read(0, maxBytes);
  if (!bytes) return;
  scanBytes(project, path, "", bytes, judge, flag);
}

function scanBytes(
  project: ProjectFacts,
  path: string,
  where: string,
  packed: Uint8Array,
  judge: Judge,
  flag: (what: string, where: string) => void,
): void {
  const bytes = unpack(packed, maxBytes);
  if (!bytes) {
    project.noteUnseen({
      code: "SCAN_ARTEFACT_TOO_LARGE",
      path,
      message: "The file unpacks to more than the scan reads, or is damaged.",
      next: "Unpack it and scan again before anybody loads it.",
    });
    return;
  }
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 8));
  const name = where === "" ? path : where;
  if (start.startsWith("\x93NUMPY")) {
    const header = npyHeader(bytes);
    // Only arrays of objects are pickled.
    if (header && /['"]descr['"]\s*:\s*['"][|<>=]?O/.test(header.text))
      walk(project, path, where, bytes.subarray(header.end), judge);
    return;
  }
  if (start.startsWith("\x89HDF")) {
    if (latin(bytes.subarray(0, 8_000_000)).includes('"class_name": "Lambda"')) flag("keras Lambda layer", where);
    return;
  }
  if (/\.pb$/i.test(name)) {
    const text = latin(bytes);
    for (const operation of ["ReadFile", "WriteFile"])
      if (new RegExp(`\\n.{0,3}${operation}\\b|\\x12.${operation}`, "s").test(text))
        flag(`TensorFlow ${operation}`, where);
    return;
  }
  if (isPickle(bytes, name)) walk(project, path, where, bytes, judge);
}

function walk(project: ProjectFacts, path: string, where: string, bytes: Uint8Array, judge: Judge): void {
  const facts = scanPickle(bytes);
  judge(facts.globals, where, false);
  judge(facts.stray, where, true);
  if (facts.end === "limit")
    project.noteUnseen({
      code: "SCAN_PICKLE_CUT",
      path,
      message: "The pickle has more than twenty million opcodes; the rest is not walked.",
      next: "Do not load it before its origin is known.",
    });
}

/** `.bin`, `.model` and `.p` are many things: there the first bytes decide. */
function isPickle(bytes: Uint8Array, name: string): boolean {
  if (bytes[0] === 0x80 && (bytes[1] ?? 9) <= 5) return true;
  return (
    /\.(pkl|pickle|joblib|dill|pt|pth|ckpt|sav)(\.gz|\.z)?$/i.test(name) &&
    /^[(c\]})]/.test(String.fromCharCode(bytes[0] ?? 0))
  );
}

function scanZip(
  project: ProjectFacts,
  path: string,
  size: number,
  read: ReadRange,
  judge: Judge,
  flag: (what: string, where: string) => void,
): void {
  const members = listZip(size, read);
  if (!members) {
    project.noteUnseen({
      code: "SCAN_ARCHIVE_DAMAGED",
      path,
      message: "The archive's directory cannot be read.",
      next: "Do not load it; make it again.",
    });
    return;
  }
  const wanted = members.filter(
    (member) => memberName.test(member.name) || (/\.keras$/i.test(path) && member.name === "config.json"),
  );
  for (const member of wanted.slice(0, maxMembersRead)) {
    const bytes = readMember(member, read, maxBytes);
    if (!bytes)
      project.noteUnseen({
        code: "SCAN_ARCHIVE_MEMBER_UNREAD",
        path,
        message: `${member.name} is too large, damaged, or packed in an unknown way.`,
        next: "Unpack it and scan again before anybody loads it.",
      });
    else if (member.name === "config.json") {
      if (/"class_name":\s*"Lambda"/.test(latin(bytes))) flag("keras Lambda layer", member.name);
    } else scanBytes(project, path, member.name, bytes, judge, flag);
  }
  if (wanted.length > maxMembersRead)
    project.noteUnseen({
      code: "SCAN_ARCHIVE_CUT",
      path,
      message: `Only ${maxMembersRead} of ${wanted.length} pickles in the archive were walked.`,
      next: "Unpack it and scan again before anybody loads it.",
    });
}

function npyHeader(bytes: Uint8Array): { text: string; end: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12) return undefined;
  const isFirst = bytes[6] === 1;
  const length = isFirst ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = isFirst ? 10 : 12;
  return {
    text: latin(bytes.subarray(start, start + Math.min(length, 1_000_000))),
    end: Math.min(bytes.length, start + length),
  };
}

function latin(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

function ascii(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}
