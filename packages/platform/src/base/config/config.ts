import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { Ajv } from "ajv";
import { type Static, Type } from "typebox";
import { parse } from "yaml";
import { baseErrors } from "../errors.js";

/** How a model is trained again without a person: only from the configuration file, never over the network. */
const Recipe = Type.Object(
  {
    command: Type.Array(Type.String(), {
      minItems: 1,
      description:
        "Program and arguments; a word with `{file}` is repeated for each data file; `{versions}` and `{seed}` are filled in.",
    }),
    cwd: Type.String({ description: "Working folder, relative to the configuration file." }),
    dataset: Type.String({ description: "Dataset whose versions it trains on." }),
    timeoutMinutes: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 10_080, description: "Ended after this; 60 when absent." }),
    ),
  },
  { additionalProperties: false },
);

/** Every key of the configuration, with what it means. The reference is generated from here. */
export const ConfigSchema = Type.Object(
  {
    data: Type.String({ description: "Folder for everything that is kept: database, objects, temporary files." }),
    host: Type.String({ description: "Address to listen on; anything but loopback demands accounts." }),
    port: Type.Integer({ minimum: 0, maximum: 65_535, description: "Port to listen on; 0 takes a free one." }),
    database: Type.String({ description: "`sqlite:<file>` or `postgres://...`; empty: SQLite in the data folder." }),
    databaseListen: Type.String({
      description:
        "Direct PostgreSQL URL for LISTEN where `database` goes through a transaction pooler, with which statements are not prepared; empty: the same.",
    }),
    artifacts: Type.String({
      description:
        "`file:<folder>`, or `s3://<bucket>/<prefix>` with `?endpoint=` and `&region=` where it is not Amazon's; empty: a folder in the data folder.",
    }),
    artifactsCache: Type.Integer({
      minimum: 0,
      description:
        "With `artifacts` in S3: bytes of copies that are kept in the data folder for engines that read files.",
    }),
    artifactRoot: Type.String({
      description:
        "Where MLflow clients keep the artifacts of new experiments, such as `s3://bucket/path` or `file:///shared`; empty: this server keeps them.",
    }),
    engine: Type.String({ description: "`duckdb:`" }),
    compute: Type.String({ description: "`local:`" }),
    project: Type.String({
      description: "Project of calls that name none, such as MLflow's.",
      pattern: "^[a-z0-9][a-z0-9-]{0,63}$",
    }),
    accounts: Type.Union([Type.Literal("auto"), Type.Literal("required"), Type.Literal("basic-auth")], {
      description:
        "`auto`: open on loopback, required elsewhere; `required`: always; `basic-auth`: always, and the first admin has a password.",
    }),
    adminUser: Type.String({
      description: "Name of the first admin with a password; looked at only while there is none.",
      pattern: "^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$",
    }),
    adminPassword: Type.String({
      description: "Password of the first admin; better in PAYDOWN_ADMIN_PASSWORD than on the command line.",
    }),
    defaultPermission: Type.Union([Type.Literal("READ"), Type.Literal("EDIT"), Type.Literal("NO_PERMISSIONS")], {
      description:
        "What users made by MLflow's clients may do in the project they are made in, besides making their own.",
    }),
    logLevel: Type.Union(
      [
        Type.Literal("debug"),
        Type.Literal("info"),
        Type.Literal("warn"),
        Type.Literal("error"),
        Type.Literal("silent"),
      ],
      {
        description: "Least severe line that is written.",
      },
    ),
    uploadLimit: Type.Integer({ minimum: 1, description: "Most bytes of one uploaded object." }),
    capacityHours: Type.Number({
      minimum: 0,
      description: "Working hours a week of the team, for the debt-service ratio and plans; 0: not given.",
    }),
    retentionDays: Type.Integer({
      minimum: 0,
      maximum: 36_500,
      description:
        "Days a deleted run, experiment or logged model is kept before it is purged; 0: for ever. A project may say otherwise: `paydown retention set`.",
    }),
    traceDays: Type.Integer({
      minimum: 0,
      maximum: 36_500,
      description:
        "Days a trace is kept after it began, with its spans, feedback and files; 0: for ever. All servers of one database need the same.",
    }),
    recipes: Type.Record(Type.String(), Recipe, { description: "Retraining commands by model name." }),
    webhookSchemes: Type.String({
      description: "URL schemes webhooks may be sent to, separated by commas; also `MLFLOW_WEBHOOK_ALLOWED_SCHEMES`.",
      pattern: "^(https|http)( *, *(https|http))*$",
    }),
    webhookPrivateIps: Type.Union([Type.Literal("refuse"), Type.Literal("allow")], {
      description:
        "Whether webhooks may be sent to addresses outside the public internet; `MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true` is `allow`.",
    }),
    secretsKey: Type.String({
      description:
        "What secrets of webhooks are encrypted with; also `MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY`. Empty: a key file in the data folder. All servers of one database need the same.",
    }),
  },
  { additionalProperties: false },
);
export type Config = Static<typeof ConfigSchema>;
export type ConfigKey = keyof Config;

/** The configuration with where each value came from. */
export interface LoadedConfig {
  readonly values: Config;
  readonly origins: Readonly<Record<ConfigKey, string>>;
  /** Folder that relative paths of the file are seen from. */
  readonly folder: string;
}

export interface ConfigSources {
  /** Values given on the command line. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

const defaults: Config = {
  data: "",
  host: "127.0.0.1",
  port: 7860,
  database: "",
  databaseListen: "",
  artifacts: "",
  artifactsCache: 20 * 1024 ** 3,
  artifactRoot: "",
  engine: "duckdb:",
  compute: "local:",
  project: "default",
  accounts: "auto",
  adminUser: "admin",
  adminPassword: "",
  defaultPermission: "READ",
  logLevel: "info",
  uploadLimit: 16 * 1024 ** 3,
  capacityHours: 0,
  retentionDays: 0,
  traceDays: 0,
  recipes: {},
  webhookSchemes: "https",
  webhookPrivateIps: "refuse",
  secretsKey: "",
};

/** Keys that hold a secret: shown as whether they are set, never as what they are. */
export const secretKeys: readonly ConfigKey[] = ["secretsKey", "adminPassword"];

/** Names MLflow's servers know a setting by, with its values in our words. Our own names win over them. */
const mlflowNames: Readonly<Record<string, { key: ConfigKey; value: (text: string) => string }>> = {
  MLFLOW_WEBHOOK_ALLOWED_SCHEMES: { key: "webhookSchemes", value: (text) => text },
  MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: {
    key: "webhookPrivateIps",
    value: (text) => (/^(true|1)$/i.test(text.trim()) ? "allow" : /^(false|0|)$/i.test(text.trim()) ? "refuse" : text),
  },
  MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY: { key: "secretsKey", value: (text) => text },
};

const fileName = "paydown.yaml";

/**
 * Reads the configuration: defaults, then `paydown.yaml` (of `--config`, the working folder or the data folder), then
 * `PAYDOWN_<KEY>` from the environment, then flags. Unknown keys and wrong values are refused with their origin.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const values: Record<string, unknown> = { ...defaults };
  const origins: Record<string, string> = Object.fromEntries(Object.keys(defaults).map((key) => [key, "default"]));
  const take = (key: string, value: unknown, origin: string): void => {
    if (!(key in defaults)) throw baseErrors.CONFIG_INVALID({ key, origin, problem: "no such key is known" });
    values[key] = value;
    origins[key] = origin;
  };

  const file = findFile(sources);
  const folder = file === undefined ? sources.cwd : resolve(file, "..");
  if (file !== undefined) for (const [key, value] of Object.entries(readFile(file))) take(key, value, file);
  for (const [name, { key, value }] of Object.entries(mlflowNames)) {
    const text = sources.environment[name];
    if (text !== undefined) take(key, value(text), name);
  }
  for (const key of Object.keys(defaults)) {
    const name = `PAYDOWN_${key.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase()}`;
    const text = sources.environment[name];
    if (text !== undefined) take(key, fromText(key, text, name), name);
  }
  for (const [key, value] of Object.entries(sources.flags)) {
    if (value === undefined || key === "config") continue;
    take(key, typeof value === "string" ? fromText(key, value, `--${key}`) : value, `--${key}`);
  }

  if (values.data === "") values.data = join(homedir(), ".paydown");
  values.data = resolve(sources.cwd, values.data as string);
  if (values.database === "") values.database = `sqlite:${join(values.data as string, "paydown.db")}`;
  if (values.artifacts === "") values.artifacts = `file:${join(values.data as string, "objects")}`;
  validate(values, origins);
  return { values: values as Config, origins: origins as Record<ConfigKey, string>, folder };
}

function findFile(sources: ConfigSources): string | undefined {
  const named = sources.flags.config;
  if (typeof named === "string") return resolve(sources.cwd, named);
  const folders = [sources.cwd, sources.flags.data].filter((one): one is string => typeof one === "string");
  return folders.map((one) => join(resolve(sources.cwd, one), fileName)).find((path) => existsSync(path));
}

function readFile(path: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parse(readFileSync(path, "utf8")) ?? {};
  } catch (cause) {
    throw baseErrors.CONFIG_INVALID({ key: "(file)", origin: path, problem: (cause as Error).message }, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw baseErrors.CONFIG_INVALID({ key: "(file)", origin: path, problem: "it must hold a mapping of keys" });
  }
  return value as Record<string, unknown>;
}

function fromText(key: string, text: string, origin: string): unknown {
  const before = defaults[key as ConfigKey];
  if (typeof before === "number") {
    const number = Number(text);
    if (text.trim() === "" || !Number.isFinite(number)) {
      throw baseErrors.CONFIG_INVALID({ key, origin, problem: `${text} is not a number` });
    }
    return number;
  }
  if (typeof before === "object") {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw baseErrors.CONFIG_INVALID({ key, origin, problem: "it is not JSON" }, { cause });
    }
  }
  return text;
}

function validate(values: Record<string, unknown>, origins: Record<string, string>): void {
  const ajv = new Ajv({ strict: false, allowUnionTypes: true });
  if (ajv.validate(ConfigSchema, values)) return;
  const error = ajv.errors?.[0];
  const key = error?.instancePath.split("/")[1] ?? "(file)";
  throw baseErrors.CONFIG_INVALID({
    key,
    origin: origins[key] ?? "configuration",
    problem: error?.message ?? "it is not valid",
  });
}

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/** The environment for processes that are started to train or compute: without this server's own secrets. */
export function environmentForOthers(): Readonly<Record<string, string | undefined>> {
  const secret = ["PAYDOWN_ADMIN_PASSWORD", "PAYDOWN_SECRETS_KEY", "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY"];
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !secret.includes(name)));
}

/** The process environment: the one place that reads it. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
