import type { Session } from "../session.ts";

const proxy = "/api/2.0/mlflow-artifacts";
const shown = ["content-type", "content-disposition", "x-content-type-options"];

export async function artifacts({ ask }: Session): Promise<void> {
  await ask("artifacts: an experiment", "POST", "/api/2.0/mlflow/experiments/create", {
    json: { name: "artifacts" },
    keep: { files: "experiment_id" },
  });
  await ask("artifacts: a run", "POST", "/api/2.0/mlflow/runs/create", {
    json: { experiment_id: "<<files>>", start_time: 1, run_name: "files" },
    keep: { filer: "run.info.run_id" },
  });
  await ask("artifacts: a logged model", "POST", "/api/2.0/mlflow/logged-models", {
    json: { experiment_id: "<<files>>", name: "filed", source_run_id: "<<filer>>" },
    keep: { filed: "model.info.model_id" },
  });
  const root = "<<files>>/<<filer>>/artifacts";
  const put = (name: string, path: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
    ask(`artifacts: put ${name}`, "PUT", `${proxy}/artifacts/${path}`, { body, headers, pick: () => "" });
  const get = (name: string, path: string, headers: Record<string, string> = {}) =>
    ask(`artifacts: get ${name}`, "GET", `${proxy}/artifacts/${path}`, { headers, compareHeaders: shown });
  const list = (name: string, path: string | undefined) =>
    ask(`artifacts: list ${name}`, "GET", `${proxy}/artifacts`, { query: path === undefined ? {} : { path } });
  await put("a text", `${root}/a.txt`, "hello");
  await put("it again", `${root}/a.txt`, "hello again");
  await put("an empty file", `${root}/deep/none/empty.bin`, "");
  await put("JSON", `${root}/deep/er/b.json`, '{"a":1}', { "content-type": "application/json" });
  await put("a form", `${root}/deep/form.csv`, "a,b\n1,2\n", { "content-type": "application/x-www-form-urlencoded" });
  await put("bytes", `${root}/bytes.png`, Buffer.from([0, 1, 2, 255]), { "content-type": "image/png" });
  await put("a name with blanks", `${root}/a%20b%2Bc.txt`, "blanks");
  await put("a unicode name", `${root}/${encodeURIComponent("größe 実験.txt")}`, "unicode");
  await put("a name with a percent", `${root}/${encodeURIComponent("50%25.txt")}`, "percent");
  for (const name of [
    "model.MLmodel",
    "MLmodel",
    "page.html",
    "picture.svg",
    "data.parquet",
    "notes.md",
    "script.py",
    "archive.zip",
    "archive.tar.gz",
    "table.csv",
    "model.pkl",
    "noextension",
    "conf.yaml",
    "x.js",
    "x.css",
    "x.pdf",
    "x.jpg",
    "x.gif",
    "x.webp",
    "x.mp4",
    "x.ipynb",
    "x.log",
    "x.unknownext",
    "x.jsonl",
    "x.xml",
    "x.wav",
    "x.onnx",
    "x.npy",
    "x.tsv",
    "x.TXT",
    "x.html.txt",
  ]) {
    await put(name, `${root}/kinds/${name}`, "content");
    await get(name, `${root}/kinds/${name}`);
  }
  await get("a text", `${root}/a.txt`);
  await get("an empty file", `${root}/deep/none/empty.bin`);
  await get("JSON", `${root}/deep/er/b.json`);
  await get("bytes", `${root}/bytes.png`);
  await get("a name with blanks", `${root}/a%20b%2Bc.txt`);
  await get("a unicode name", `${root}/${encodeURIComponent("größe 実験.txt")}`);
  await get("a range", `${root}/a.txt`, { range: "bytes=2-4" });
  await get("a missing file", `${root}/none.txt`);
  await get("a folder", `${root}/deep`);
  await get("nothing", "");
  await list("the root", "");
  await list("nothing named", undefined);
  await list("the run", root);
  await list("the run with a slash", `${root}/`);
  await list("the run with a dot", `${root}/.`);
  await list("a folder", `${root}/deep`);
  await list("a file", `${root}/a.txt`);
  await list("a missing folder", `${root}/none`);
  const bad = [
    "..",
    "../x",
    "a/../../b",
    "%2e%2e/x",
    "%252e%252e/x",
    "%25252e%25252e/x",
    "..%2f..%2fx",
    "/etc/passwd",
    "%2fetc/passwd",
    "file:///etc/passwd",
    "a#b",
    "a%23b",
    "C:/x",
    "C%3A%5Cx",
    "%5C%5Chost%5Cx",
    "%c0%ae%c0%ae/x",
  ];
  for (const path of bad) {
    await list(`bad ${path}`, path);
    await ask(`artifacts: of a run bad ${path}`, "GET", "/api/2.0/mlflow/artifacts/list", {
      query: { run_id: "<<filer>>", path },
    });
    await ask(`artifacts: by run bad ${path}`, "GET", "/get-artifact", { query: { run_uuid: "<<filer>>", path } });
  }
  for (const path of [
    "%2e%2e/x",
    "a/%2e%2e/%2e%2e/b",
    "%252e%252e/x",
    "..%2f..%2fx",
    "%2fetc%2fpasswd",
    "a%23b",
    "C%3A%5Cx",
    "a%5C..%5Cb",
    "%c0%ae%c0%ae/x",
  ]) {
    await get(`bad ${path}`, path);
    await put(`bad ${path}`, path, "x");
    await ask(`artifacts: delete bad ${path}`, "DELETE", `${proxy}/artifacts/${path}`, {});
  }
  const ofRun = (name: string, query: Record<string, string>) =>
    ask(`artifacts: of a run ${name}`, "GET", "/api/2.0/mlflow/artifacts/list", { query });
  await ofRun("all", { run_id: "<<filer>>" });
  await ofRun("all by uuid", { run_uuid: "<<filer>>" });
  await ofRun("a folder", { run_id: "<<filer>>", path: "deep" });
  await ofRun("a deep folder", { run_id: "<<filer>>", path: "deep/er" });
  await ofRun("a folder with a slash", { run_id: "<<filer>>", path: "deep/" });
  await ofRun("a file", { run_id: "<<filer>>", path: "a.txt" });
  await ofRun("a missing folder", { run_id: "<<filer>>", path: "none" });
  await ofRun("an empty path", { run_id: "<<filer>>", path: "" });
  await ofRun("of a missing run", { run_id: "0".repeat(32) });
  await ofRun("without a run", {});
  const byRun = (name: string, query: Record<string, string>) =>
    ask(`artifacts: by run ${name}`, "GET", "/get-artifact", { query, compareHeaders: shown });
  await byRun("a text", { run_id: "<<filer>>", path: "a.txt" });
  await byRun("a text by uuid", { run_uuid: "<<filer>>", path: "a.txt" });
  await byRun("a deep file", { run_uuid: "<<filer>>", path: "deep/er/b.json" });
  await byRun("a missing file", { run_uuid: "<<filer>>", path: "none" });
  await byRun("a folder", { run_uuid: "<<filer>>", path: "deep" });
  await byRun("a missing run", { run_uuid: "0".repeat(32), path: "a.txt" });
  await byRun("without a path", { run_uuid: "<<filer>>" });
  await byRun("without a run", { path: "a.txt" });
  await put("a file of the model", "<<files>>/models/<<filed>>/artifacts/MLmodel", "flavors: {}");
  await put("a deep file of the model", "<<files>>/models/<<filed>>/artifacts/code/x.py", "pass");
  const ofModel = (name: string, query: Record<string, string>) =>
    ask(`artifacts: of a model ${name}`, "GET", "/api/2.0/mlflow/logged-models/<<filed>>/artifacts/directories", {
      query,
    });
  await ofModel("all", {});
  await ofModel("a folder", { artifact_directory_path: "code" });
  await ofModel("a missing folder", { artifact_directory_path: "none" });
  const byModel = (name: string, query: Record<string, string>) =>
    ask(`artifacts: by model ${name}`, "GET", "/ajax-api/2.0/mlflow/logged-models/<<filed>>/artifacts/files", {
      query,
      compareHeaders: shown,
    });
  await byModel("a file", { artifact_file_path: "MLmodel" });
  await byModel("a missing file", { artifact_file_path: "none" });
  await byModel("without a path", {});
  await byModel("climbing", { artifact_file_path: "../x" });
  await ask("artifacts: a registered model", "POST", "/api/2.0/mlflow/registered-models/create", {
    json: { name: "filed" },
  });
  await ask("artifacts: a version", "POST", "/api/2.0/mlflow/model-versions/create", {
    json: { name: "filed", source: "models:/<<filed>>", model_id: "<<filed>>" },
  });
  await ask("artifacts: where the version is", "GET", "/api/2.0/mlflow/model-versions/get-download-uri", {
    query: { name: "filed", version: "1" },
  });
  const byVersion = (name: string, query: Record<string, string>) =>
    ask(`artifacts: by version ${name}`, "GET", "/model-versions/get-artifact", { query, compareHeaders: shown });
  await byVersion("a file", { name: "filed", version: "1", path: "MLmodel" });
  await byVersion("a missing file", { name: "filed", version: "1", path: "none" });
  await byVersion("a missing version", { name: "filed", version: "9", path: "MLmodel" });
  await byVersion("climbing", { name: "filed", version: "1", path: "../x" });
  await byVersion("without a path", { name: "filed", version: "1" });
  const upload = (name: string, query: Record<string, string>, body: string | Uint8Array) =>
    ask(`artifacts: upload ${name}`, "POST", "/ajax-api/2.0/mlflow/upload-artifact", { query, body, pick: () => "" });
  await upload("a file", { run_uuid: "<<filer>>", path: "up/loaded.txt" }, "uploaded");
  await upload("a file at the root", { run_uuid: "<<filer>>", path: "loaded.txt" }, "uploaded");
  await upload("without a run", { path: "x.txt" }, "x");
  await upload("without a path", { run_uuid: "<<filer>>" }, "x");
  await upload("nothing", { run_uuid: "<<filer>>", path: "x.txt" }, "");
  await upload("too much", { run_uuid: "<<filer>>", path: "x.txt" }, Buffer.alloc(10 * 1024 * 1024 + 1));
  await upload("climbing", { run_uuid: "<<filer>>", path: "../x.txt" }, "x");
  await upload("to a missing run", { run_uuid: "0".repeat(32), path: "x.txt" }, "x");
  await byRun("what was uploaded", { run_uuid: "<<filer>>", path: "up/loaded.txt" });
  const presign = (name: string, path: string, json: object) =>
    ask(`artifacts: presign ${name}`, "POST", `/api/2.0/mlflow/artifacts/${path}`, { json });
  for (const path of ["presigned-upload-url", "presigned-download-url"]) {
    await presign(`${path}`, path, { run_id: "<<filer>>", path: "x" });
    await presign(`${path} without a path`, path, { run_id: "<<filer>>" });
    await presign(`${path} of nothing`, path, { path: "x" });
    await presign(`${path} climbing`, path, { run_id: "<<filer>>", path: "../x" });
    await presign(`${path} of a missing run`, path, { run_id: "0".repeat(32), path: "x" });
    await presign(`${path} for too long`, path, { run_id: "<<filer>>", path: "x", expiration: 700_000 });
  }
  await presign("upload of both", "presigned-upload-url", { run_id: "<<filer>>", model_id: "<<filed>>", path: "x" });
  await presign("upload of a model", "presigned-upload-url", { model_id: "<<filed>>", path: "x" });
  for (const path of ["mpu/create", "mpu/complete", "mpu/abort"]) {
    await ask(`artifacts: ${path}`, "POST", `${proxy}/${path}/${root}`, {
      json: { path: "a.txt", num_parts: 2, upload_id: "u", parts: [{ part_number: 1, etag: "e" }] },
    });
    await ask(`artifacts: ${path} climbing`, "POST", `${proxy}/${path}/%2e%2e/x`, {
      json: { path: "a.txt", num_parts: 2 },
    });
    await ask(`artifacts: ${path} of nothing`, "POST", `${proxy}/${path}/${root}`, { json: {} });
  }
  await ask("artifacts: presigned", "GET", `${proxy}/presigned/${root}/a.txt`);
  await ask("artifacts: delete a file", "DELETE", `${proxy}/artifacts/${root}/a.txt`, {});
  await ask("artifacts: delete it again", "DELETE", `${proxy}/artifacts/${root}/a.txt`, {});
  await ask("artifacts: delete a folder", "DELETE", `${proxy}/artifacts/${root}/deep`, {});
  await ask("artifacts: delete everything", "DELETE", `${proxy}/artifacts/`, {});
  await list("after deleting", root);
}
