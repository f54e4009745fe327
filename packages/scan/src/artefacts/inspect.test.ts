import { deflateRawSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ArtefactReport, inspectArtefact } from "./inspect.js";
import type { ArtefactLimits } from "./reading.js";

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (sign) => sign.charCodeAt(0));
const join = (...parts: (string | Uint8Array)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? ascii(part) : part)));

function inspect(name: string, content: string | Uint8Array, limits: Partial<ArtefactLimits> = {}): ArtefactReport {
  const bytes = typeof content === "string" ? ascii(content) : content;
  return inspectArtefact(name, bytes.length, (offset, length) => bytes.subarray(offset, offset + length), limits);
}
const verdict = (name: string, content: string | Uint8Array) => inspect(name, content).verdict;

const short = (text: string): string => `\x8c${String.fromCharCode(text.length)}${text}`;
const system = "cos\nsystem\n(S'true'\ntR.";

interface Entry {
  readonly name: string;
  readonly body: string | Uint8Array;
  readonly deflate?: boolean;
  readonly flags?: number;
  readonly local?: string;
  readonly crc?: number;
}

function zip(...entries: readonly Entry[]): Uint8Array {
  const locals: Uint8Array[] = [];
  const centrals: Uint8Array[] = [];
  let at = 0;
  for (const entry of entries) {
    const body = typeof entry.body === "string" ? ascii(entry.body) : entry.body;
    const packed = entry.deflate ? deflateRawSync(body) : body;
    const name = ascii(entry.local ?? entry.name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(entry.deflate ? 8 : 0, 8);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(entry.flags ?? 0, 8);
    central.writeUInt16LE(entry.deflate ? 8 : 0, 10);
    central.writeUInt32LE(entry.crc ?? 0xdeadbeef, 16);
    central.writeUInt32LE(packed.length, 20);
    central.writeUInt32LE(body.length, 24);
    central.writeUInt16LE(entry.name.length, 28);
    central.writeUInt32LE(at, 42);
    locals.push(local, name, packed);
    centrals.push(central, ascii(entry.name));
    at += 30 + name.length + packed.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end]);
}

function tar(name: string, body: string, type = "0", link = ""): Uint8Array {
  const head = Buffer.alloc(512);
  head.write(name, 0);
  head.write(body.length.toString(8).padStart(11, "0"), 124);
  head.write(type, 156);
  head.write(link, 157);
  head.write("ustar", 257);
  return Buffer.concat([head, Buffer.from(body.padEnd(Math.ceil(body.length / 512) * 512, "\0")), Buffer.alloc(1024)]);
}

describe("pickles that run something are dangerous, however they spell it", () => {
  test.each<[string, string]>([
    ["GLOBAL and REDUCE", system],
    ["INST", "(S'true'\nios\nsystem\n."],
    ["OBJ", "(cos\nsystem\nS'true'\no."],
    ["STACK_GLOBAL", `\x80\x04${short("posix")}${short("system")}\x93${short("ls")}\x85R.`],
    ["STACK_GLOBAL through the memo", `\x80\x04${short("posix")}\x940${short("system")}\x940h\x00h\x01\x93.`],
    ["a memo that is overwritten", `\x80\x04${short("json")}q\x050${short("os")}q\x050h\x05${short("system")}\x93.`],
    ["NEWOBJ", "\x80\x02csubprocess\nPopen\n)\x81."],
    ["NEWOBJ_EX", "\x80\x04csubprocess\nPopen\n)}\x92."],
    ["EXT1", "\x80\x02\x82\x01)R."],
    ["EXT4", "\x80\x02\x84\x01\x00\x00\x00)R."],
    ["BUILD after the call", "cos\nsystem\n(S'true'\ntR}b."],
    ["a second pickle behind the first", `\x80\x02K\x01.\x80\x02${system}`],
    ["an old pickle behind a new one", `\x80\x02K\x01.${system}`],
    ["protocols named twice, and in the middle", `\x80\x04\x80\x02K\x010\x80\x03${system}`],
    ["a frame that lies about its length", `\x80\x04\x95\xff\xff\xff\xff\x00\x00\x00\x00${system}`],
    ["no end", "\x80\x02cos\nsystem\n(S'true'\ntR"],
    [
      "bytes after which the grammar is lost",
      `\x80\x04${short("a")}\xff\xfe${short("posix")}\x94${short("system")}\x94\x93.`,
    ],
    ["names that are computed", "\x80\x04K\x01K\x02\x93)R."],
    ["getattr on a class", `\x80\x04cbuiltins\ngetattr\ncos\npath\n${short("x")}\x86R.`],
    ["a path through a package's own imports", `\x80\x04${short("sklearn.utils")}${short("os.system")}\x93.`],
    ["a package's helpers", "cnumpy.testing._private.utils\nrunstring\n(S'1'\n}tR."],
    ["a function that evaluates", "cdataclasses\n_create_fn\n(tR."],
    [
      "a dunder on a harmless class",
      `\x80\x04${short("collections")}${short("OrderedDict.__init__.__globals__")}\x93.`,
    ],
    ["a long text before the import", `V${"x".repeat(1_100_000)}\n0${system}`],
  ])("%s", (_how, bytes) => {
    expect(verdict("model.pkl", bytes)).toBe("dangerous");
    expect(verdict("weights.bin", bytes)).toBe("dangerous");
  });

  test("a class that is changed instead of an object is not clean", () => {
    expect(verdict("model.pkl", `\x80\x04csklearn.base\nBaseEstimator\n}${short("x")}K\x01sb.`)).toBe("suspicious");
  });
});

describe("what nobody vouches for is not clean", () => {
  test("own classes, unknown functions of known packages and broken pickles are suspicious", () => {
    expect(verdict("model.pkl", "cmy_project.models\nNet\n)R.")).toBe("suspicious");
    expect(verdict("model.pkl", "csklearn.utils\nsome_helper\n)R.")).toBe("suspicious");
    expect(verdict("model.pkl", "ctorch.storage\n_load_from_bytes\n)R.")).toBe("suspicious");
    expect(verdict("model.pkl", "\x80\x04\xff")).toBe("suspicious");
  });

  test("what an ordinary estimator is made of is clean", () => {
    const forest = [
      "\x80\x04",
      "csklearn.ensemble._forest\nRandomForestClassifier\n)\x81",
      `}${short("trees")}csklearn.tree._tree\nTree\n)\x81`,
      `s${short("array")}cnumpy._core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87Rs`,
      `${short("rng")}cnumpy.random._pickle\n__randomstate_ctor\n)Rsb.`,
    ];
    const { verdict: said, reasons } = inspect("model.pkl", forest.join(""));
    expect(reasons).toEqual([]);
    expect(said).toBe("clean");
  });

  test("formats that nobody knows are unknown, not clean", () => {
    expect(
      verdict(
        "model.bin",
        Uint8Array.from({ length: 64 }, (_, i) => (i * 37 + 1) % 256),
      ),
    ).toBe("unknown");
    expect(verdict("model.pkl.xz", "\xfd7zXZ\x00rest")).toBe("unknown");
    expect(verdict("model.pkl", "version https://git-lfs.github.com/spec/v1\n")).toBe("unknown");
    expect(verdict("notes.txt", "Plain words, and nothing else.\n")).toBe("clean");
  });
});

describe("archives", () => {
  test("are looked into whatever they and their members call themselves", () => {
    for (const deflate of [false, true]) {
      expect(verdict("model.pt", zip({ name: "archive/data.pkl", body: system, deflate }))).toBe("dangerous");
      expect(verdict("model.txt", zip({ name: "a/notes.txt", body: `\x80\x02${system}`, deflate }))).toBe("dangerous");
      expect(verdict("w.pt", zip({ name: "archive/data.pkl", body: system, deflate, flags: 1 }))).toBe("dangerous");
      expect(verdict("w.pt", zip({ name: "archive/data.pkl", body: system, deflate, crc: 0 }))).toBe("dangerous");
    }
    expect(verdict("m.zip", zip({ name: "in.zip", body: zip({ name: "x", body: `\x80\x02${system}` }) }))).toBe(
      "dangerous",
    );
    expect(verdict("m.gz", gzipSync(ascii("\x80\x02K\x01.\n")))).toBe("clean");
    expect(verdict("m.pkl.gz", gzipSync(system))).toBe("dangerous");
    expect(verdict("m.tar", tar("model.pkl", system))).toBe("dangerous");
  });

  test("of torch with plain weights are clean", () => {
    const body = join("\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R.");
    const weights = { name: "archive/data/0", body: Uint8Array.from([0x80, 2, 1, 2, 3, 4]) };
    const said = inspect(
      "m.pt",
      zip({ name: "archive/data.pkl", body }, weights, { name: "archive/version", body: "3\n" }),
    );
    expect(said).toMatchObject({ format: "torch", verdict: "clean" });
  });

  test("that lead outside, lie about their members or hide behind another file say so", () => {
    expect(verdict("m.zip", zip({ name: "../../etc/cron.d/x", body: "x" }))).toBe("dangerous");
    expect(verdict("m.zip", zip({ name: "/etc/passwd", body: "x" }))).toBe("dangerous");
    expect(verdict("m.zip", zip({ name: "C:\\x", body: "x" }))).toBe("dangerous");
    expect(verdict("m.zip", zip({ name: "a.txt", local: "b.txt", body: "x" }))).toBe("suspicious");
    expect(verdict("m.zip", zip({ name: "a.txt", body: "x" }, { name: "a.txt", body: "y" }))).toBe("suspicious");
    expect(verdict("m.txt", join("harmless words\n", zip({ name: "data.pkl", body: system })))).toBe("dangerous");
    expect(verdict("m.tar", tar("../x", "text"))).toBe("dangerous");
    expect(verdict("m.tar", tar("x", "", "2", "/etc/passwd"))).toBe("dangerous");
  });

  test("are bounded in size, number and depth, and say where reading stopped", () => {
    const bomb = zip({ name: "data.pkl", body: new Uint8Array(20_000_000), deflate: true });
    expect(inspect("m.zip", bomb, { bytes: 1_000_000 })).toMatchObject({ verdict: "unknown" });
    expect(inspect("m.zip", bomb).reasons.join()).toContain("times its size");
    let nested: Uint8Array = ascii(`\x80\x02${system}`);
    for (let i = 0; i < 8; i++) nested = zip({ name: "in", body: nested });
    expect(inspect("m.zip", nested).reasons.join()).toContain("deeper in archives");
    const many = zip(...Array.from({ length: 30 }, (_, i) => ({ name: `${i}`, body: "x" })));
    expect(inspect("m.zip", many, { members: 10 })).toMatchObject({ verdict: "unknown" });
  });
});

describe("arrays, layers and graphs", () => {
  const npy = (descr: string, rest: string): Uint8Array => {
    const header = `{'descr': ${descr}, 'fortran_order': False, 'shape': (1,), }\n`;
    return join("\x93NUMPY\x01\x00", Uint8Array.from([header.length, 0]), header, rest);
  };
  test("arrays of objects are pickles, alone, as a field or in an archive", () => {
    expect(verdict("a.npy", npy("'|O'", system))).toBe("dangerous");
    expect(verdict("a.npy", npy("[('a', '<f8'), ('b', '|O')]", system))).toBe("dangerous");
    expect(verdict("a.npz", zip({ name: "a.npy", body: npy("'|O'", system) }))).toBe("dangerous");
    expect(verdict("a.npy", npy("'<f8'", system))).toBe("clean");
  });

  test("Keras Lambda layers and foreign modules are dangerous", () => {
    const config = (layer: object): Entry => ({
      name: "config.json",
      body: JSON.stringify({ class_name: "Functional", layers: [layer] }),
    });
    const meta = { name: "metadata.json", body: "{}" };
    expect(verdict("m.keras", zip(config({ class_name: "Lambda" }), meta))).toBe("dangerous");
    const function_ = { module: "os", class_name: "function", config: "system" };
    expect(verdict("m.keras", zip(config(function_), meta))).toBe("dangerous");
    expect(verdict("m.keras", zip(config({ module: "keras.layers", class_name: "Dense" }), meta))).toBe("clean");
    expect(verdict("m.h5", join("\x89HDF\r\n\x1a\n", new Uint8Array(9_000_000), '{"class_name": "Lambda"}'))).toBe(
      "dangerous",
    );
  });

  test("skops files name their classes", () => {
    const schema = (module: string, name: string): Uint8Array =>
      zip({ name: "schema.json", body: JSON.stringify({ content: { __module__: module, __class__: name } }) });
    expect(inspect("m.skops", schema("sklearn.linear_model._base", "LinearRegression"))).toMatchObject({
      format: "skops",
      verdict: "clean",
    });
    expect(verdict("m.skops", schema("os", "system"))).toBe("dangerous");
    expect(verdict("m.skops", schema("my", "Own"))).toBe("suspicious");
  });

  test("TensorFlow graphs that touch files are dangerous", () => {
    expect(verdict("saved_model.pb", "\x08\x01\x12\x09WriteFile")).toBe("dangerous");
  });
});

describe("safetensors", () => {
  const file = (header: string, bytes: number): Uint8Array => {
    const lead = Buffer.alloc(8);
    lead.writeBigUInt64LE(BigInt(header.length));
    return join(lead, header, new Uint8Array(bytes));
  };
  const tensor = (begin: number, end: number, shape = "[2]", dtype = "F32"): string =>
    `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;

  test("whole files are clean", () => {
    const header = `{"__metadata__":{"format":"pt"},"a":${tensor(0, 8)},"b":${tensor(8, 16)}}   `;
    expect(inspect("m.safetensors", file(header, 16))).toMatchObject({ format: "safetensors", verdict: "clean" });
  });

  test.each<[string, string, number]>([
    ["a hole", `{"a":${tensor(0, 8)},"b":${tensor(12, 20)}}`, 20],
    ["an overlap", `{"a":${tensor(0, 8)},"b":${tensor(4, 12)}}`, 12],
    ["bytes nobody owns", `{"a":${tensor(0, 8)}}`, 16],
    ["a key twice", `{"a":${tensor(0, 8)},"a":${tensor(0, 8)}}`, 8],
    ["a key twice in other letters", `{"a":${tensor(0, 8)},"\\u0061":${tensor(0, 8)}}`, 8],
    ["a shape that overflows", `{"a":${tensor(0, 8, "[4294967296,4294967296]")}}`, 8],
    ["a size that is not its shape's", `{"a":${tensor(0, 8, "[3]")}}`, 8],
    ["an unknown type", `{"a":${tensor(0, 8, "[2]", "PYOBJ")}}`, 8],
    ["metadata that is no text", `{"__metadata__":{"a":1},"a":${tensor(0, 8)}}`, 8],
    ["an unknown field", `{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"run":"x"}}`, 1],
    ["no JSON", '{"a":', 0],
  ])("with %s are not", (_what, header, bytes) => {
    expect(verdict("m.safetensors", file(header, bytes))).toBe("suspicious");
  });

  test("that claim a header beyond all bounds are not", () => {
    const lead = Buffer.alloc(8, 0xff);
    expect(verdict("m.safetensors", join(lead, "{}"))).toBe("suspicious");
  });
});

describe("whatever the bytes are", () => {
  const starts = [
    "",
    "PK\x03\x04",
    "\x80\x04",
    "\x89HDF",
    "\x93NUMPY\x01\x00",
    "\x08\x07\x12",
    "\x1f\x8b",
    "(",
    "GGUF",
  ];
  test("reading ends, and answers a verdict", () => {
    const content = fc
      .tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 600 }))
      .map(([head, rest]) => join(head, rest));
    const names = fc.constantFrom(
      "m.pkl",
      "m.pt",
      "m.onnx",
      "m.safetensors",
      "m.keras",
      "m.h5",
      "m.npy",
      "m.tar",
      "m",
      "m.pb",
    );
    fc.assert(
      fc.property(names, content, (name, bytes) => {
        expect(["clean", "suspicious", "dangerous", "unknown"]).toContain(verdict(name, bytes));
      }),
      { seed: 7, numRuns: 3000 },
    );
  });

  test("a hostile pickle stays dangerous with anything before its memo or behind its end", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string({ maxLength: 20 }), (tail, key) => {
        const before = `\x80\x04${short(key.replace(/[^ -~]/g, "x"))}\x940`;
        expect(verdict("m.pkl", join(before, system, tail))).toBe("dangerous");
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  test("a damaged archive of a hostile pickle is never clean", () => {
    const whole = zip({ name: "archive/data.pkl", body: system, deflate: true });
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
        const bytes = Uint8Array.from(whole);
        if (bytes[at] === byte) return;
        bytes[at] = byte;
        expect(verdict("m.pt", bytes)).not.toBe("clean");
      }),
      { seed: 7, numRuns: 1500 },
    );
  });
});
