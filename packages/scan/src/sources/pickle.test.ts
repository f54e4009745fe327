import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeGlobal } from "#facts/pickle-names.js";
import { listZip, readMember, unpack } from "./archive.js";
import { scanPickle } from "./pickle.js";

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (sign) => sign.charCodeAt(0));
const names = (data: Uint8Array): string[] => scanPickle(data).globals.map(({ module, name }) => `${module}.${name}`);

describe("walking a pickle", () => {
  test("sees imports of every protocol", () => {
    expect(names(bytes("cos\nsystem\n(S'ls'\ntR."))).toEqual(["os.system"]);
    expect(names(bytes("(S'ls'\nios\nsystem\n."))).toEqual(["os.system"]);
    expect(names(bytes("\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02ls\x85R."))).toEqual(["posix.system"]);
  });

  test("follows names through the memo and the stack", () => {
    expect(names(bytes("\x80\x04\x8c\x05posix\x940\x8c\x06system\x940h\x00h\x01\x93."))).toEqual(["posix.system"]);
    expect(names(bytes("\x80\x02X\x02\x00\x00\x00osq\x050X\x06\x00\x00\x00systemq\x070h\x05h\x07\x93."))).toEqual([
      "os.system",
    ]);
    expect(names(bytes("\x80\x04\x8c\x02os2\x8c\x06system\x93."))).toEqual(["os.system"]);
    expect(names(bytes("\x80\x04(K\x01K\x02l\x8c\x02os\x8c\x06system\x93."))).toEqual(["os.system"]);
  });

  test("reads pickles in a row, as torch's old files are", () => {
    expect(names(bytes("\x80\x02K\x01.\x80\x02cbuiltins\neval\n."))).toEqual(["builtins.eval"]);
  });

  test("goes on by bytes when the grammar is lost, as in joblib files", () => {
    const { end, stray } = scanPickle(
      bytes("\x80\x04\x8c\x01a\x94\xff\xfe\x8c\x05posix\x94\x8c\x06system\x94\x93\x94."),
    );
    expect(end).toBe("broken");
    expect(stray).toContainEqual({ module: "posix", name: "system" });
  });

  test("ends on any bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (data) => void scanPickle(data)));
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        (data) => void scanPickle(Uint8Array.from([0x80, 4, 0x28, ...data])),
      ),
    );
    expect(scanPickle(bytes("\x8d\xff\xff\xff\xff\xff\xff\xff\x7f")).end).toBe("broken");
  });
});

describe("judging a name", () => {
  test("knows what runs things", () => {
    for (const full of [
      "os.system",
      "posix.system",
      "nt.system",
      "builtins.eval",
      "__builtin__.exec",
      "subprocess.Popen",
      "importlib.import_module",
      "operator.attrgetter",
      "runpy.run_path",
      "torch.load",
      "torch.hub.load",
      "numpy.load",
      "pandas.read_pickle",
      "joblib.load",
      "pip.main",
      "webbrowser.open",
      "builtins.getattr",
      "types.FunctionType",
      "pty.spawn",
      "socket.socket",
      "shutil.rmtree",
      "sys.exit",
      "timeit.timeit",
      "sklearn.tree.DecisionTree.__init__",
      "cloudpickle.loads",
      "numpy.testing._private.utils.runstring",
      "_pickle.loads",
    ]) {
      const at = full.lastIndexOf(".");
      expect(judgeGlobal({ module: full.slice(0, at), name: full.slice(at + 1) }), full).toBe("dangerous");
    }
  });

  test("lets ordinary models pass", () => {
    for (const full of [
      "sklearn.ensemble._forest.RandomForestClassifier",
      "sklearn.tree._tree.Tree",
      "numpy.core.multiarray._reconstruct",
      "numpy._core.multiarray._reconstruct",
      "numpy.ndarray",
      "numpy.dtype",
      "numpy.core.multiarray.scalar",
      "collections.OrderedDict",
      "torch._utils._rebuild_tensor_v2",
      "torch.FloatStorage",
      "torch._utils._rebuild_parameter",
      "pandas.core.frame.DataFrame",
      "pandas.core.internals.managers.BlockManager",
      "joblib.numpy_pickle.NumpyArrayWrapper",
      "xgboost.sklearn.XGBClassifier",
      "builtins.set",
      "copyreg._reconstructor",
      "_codecs.encode",
      "functools.partial",
      "scipy.sparse._csr.csr_matrix",
      "numpy.random._pickle.__randomstate_ctor",
      "sklearn.preprocessing._data.StandardScaler",
      "datetime.datetime",
      "pathlib.PosixPath",
    ]) {
      const at = full.lastIndexOf(".");
      expect(judgeGlobal({ module: full.slice(0, at), name: full.slice(at + 1) }), full).toBe("harmless");
    }
    expect(judgeGlobal({ module: "__main__", name: "Net" })).toBe("unknown");
    expect(judgeGlobal({ module: "my_project.models", name: "Net" })).toBe("unknown");
  });
});

function zipOf(name: string, body: Uint8Array, method: 0 | 8): Uint8Array {
  const packed = method === 8 ? deflateRawSync(body) : Buffer.from(body);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(method, 8);
  local.writeUInt16LE(name.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(method, 10);
  central.writeUInt32LE(packed.length, 20);
  central.writeUInt32LE(body.length, 24);
  central.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(46 + name.length, 12);
  end.writeUInt32LE(30 + name.length + packed.length, 16);
  return Buffer.concat([local, Buffer.from(name), packed, central, Buffer.from(name), end]);
}

describe("reading archives", () => {
  test("finds stored and deflated members", () => {
    for (const method of [0, 8] as const) {
      const zip = zipOf("archive/data.pkl", bytes("cos\nsystem\n."), method);
      const read = (offset: number, length: number) => zip.subarray(offset, offset + length);
      const [member] = listZip(zip.length, read) ?? [];
      expect(member?.name).toBe("archive/data.pkl");
      expect(names(readMember(member as NonNullable<typeof member>, read, 1_000) ?? new Uint8Array())).toEqual([
        "os.system",
      ]);
    }
  });

  test("unpacks no more than it was allowed to", () => {
    const zip = zipOf("data.pkl", new Uint8Array(5_000_000), 8);
    const read = (offset: number, length: number) => zip.subarray(offset, offset + length);
    const [member] = listZip(zip.length, read) ?? [];
    expect(readMember(member as NonNullable<typeof member>, read, 100_000)).toBeUndefined();
    expect(unpack(gzipSync(new Uint8Array(5_000_000)), 100_000)).toBeUndefined();
    expect(unpack(deflateSync(bytes("hello")), 100)).toEqual(Buffer.from("hello"));
  });

  test("ends on any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (data) => {
        const zip = zipOf("data.pkl", bytes("N."), 0);
        const broken = Uint8Array.from(zip, (byte, index) =>
          index % 7 === 3 ? (data[index % data.length] ?? 0) : byte,
        );
        const read = (offset: number, length: number) => broken.subarray(offset, offset + length);
        for (const member of listZip(broken.length, read) ?? []) readMember(member, read, 1_000);
      }),
    );
  });
});

describe("values on the way", () => {
  test("an attribute reached by getattr is named by its owner", () => {
    const reach = (owner: string, name: string) =>
      `\x80\x04\x8c\x08builtins\x8c\x07getattr\x93${owner}\x8c${String.fromCharCode(name.length)}${name}\x86R.`;
    expect(names(bytes(reach("czoneinfo\nZoneInfo\n", "_unpickle")))).toEqual([
      "zoneinfo.ZoneInfo",
      "zoneinfo.ZoneInfo._unpickle",
    ]);
    expect(names(bytes(reach("\x8c\x02os", "system")))).toContain("builtins.getattr");
    expect(names(bytes("\x80\x04cbuiltins\ngetattr\n."))).toEqual(["builtins.getattr"]);
  });

  test("arrays between opcodes are skipped, so that what follows is seen", () => {
    const state =
      "}(\x8c\x05shapeK\x02\x85\x8c\x05dtypecnumpy\ndtype\n\x8c\x02f8\x85R\x8c\x1bnumpy_array_alignment_bytesK\x10u";
    const wrapper = `cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81${state}b`;
    const raw = `\x03\xff\xff\xff${"\xee".repeat(16)}`;
    const { globals, end, stray } = scanPickle(bytes(`\x80\x04${wrapper}${raw}0cos\nsystem\n.`));
    expect(end).toBe("stopped");
    expect(stray).toEqual([]);
    expect(globals).toContainEqual({ module: "os", name: "system" });
  });
});
