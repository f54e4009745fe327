import type { Operation } from "@paydown/api/operation";

/** A development fixture: replies drawn from the reply schemas by a seeded generator, so that screens can be looked at without a server. Not product data. */
export function makeReply(schema: Operation["reply"], seed: string, now: number): unknown {
  let state = [...seed].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  let serial = 0;

  function make(of: Record<string, unknown>, name: string): unknown {
    const kind = of.type as string | undefined;
    if ("const" in of) return of.const;
    const any = of.anyOf as Record<string, unknown>[] | undefined;
    if (any !== undefined)
      return make(any.every((one) => "const" in one) ? pick(any) : random() < 0.85 ? (any[0] ?? {}) : pick(any), name);
    const all = of.allOf as Record<string, unknown>[] | undefined;
    if (all !== undefined) return Object.assign({}, ...all.map((one) => make(one, name) as object)) as unknown;
    const properties = of.properties as Record<string, Record<string, unknown>> | undefined;
    if (properties !== undefined) return object(of, properties, name);
    if (kind === "object")
      return Object.fromEntries(
        ["max_depth", "learning_rate", "subsample"].map((key) => [
          key,
          make(
            (of.patternProperties as Record<string, Record<string, unknown>> | undefined)?.["^.*$"] ?? {
              type: "string",
            },
            key,
          ),
        ]),
      );
    if (kind === "array")
      return Array.from({ length: sizeOf(name) }, (_, at) =>
        series(make((of.items ?? {}) as Record<string, unknown>, name), at, name),
      );
    if (kind === "integer" || kind === "number") return number(kind, name);
    if (kind === "boolean") return random() < 0.7;
    if (kind === "string") return text(of, name);
    return null;
  }

  function object(
    of: Record<string, unknown>,
    properties: Record<string, Record<string, unknown>>,
    name: string,
  ): unknown {
    if ("p10" in properties && "p90" in properties) {
      const p50 = Math.exp(random() * 3 - 0.6) * (/principal|hours/i.test(name) ? 8 : 1);
      return {
        p10: p50 / (1.4 + random()),
        p50,
        p90: p50 * (1.5 + random() * 1.5),
        n: Math.floor(random() * 9),
        events: 3,
        measured: p50,
        forecast: p50,
      };
    }
    const required = new Set(of.required as string[] | undefined);
    return Object.fromEntries(
      Object.entries(properties).flatMap(([key, value]) =>
        key === "cursor" || (!required.has(key) && random() < 0.2 && key !== "total") ? [] : [[key, make(value, key)]],
      ),
    );
  }

  /** Points of one series are consecutive, not scattered. */
  function series(value: unknown, at: number, name: string): unknown {
    if (typeof value !== "object" || value === null) return value;
    const row = value as Record<string, unknown>;
    if (["points", "buckets", "latency", "series"].includes(name) && typeof row.at === "number")
      row.at = now - (60 - at) * 86_400_000;
    if (name === "buckets")
      Object.assign(row, {
        step: at * 10,
        stepTo: at * 10 + 9,
        mean: 0.5 + 0.3 * (1 - Math.exp(-at / 15)) + random() * 0.02,
      });
    if (typeof row.month === "string")
      row.month = new Date(now - (11 - at) * 30.4 * 86_400_000).toISOString().slice(0, 7);
    if (name === "points" && typeof row.hours === "number")
      Object.assign(row, {
        hours: at * 8,
        items: at,
        frees: { p10: at * 0.05, p50: 4 * (1 - Math.exp(-at / 10)), p90: 6 * (1 - Math.exp(-at / 9)), n: 3 },
        worthwhile: at < 26,
      });
    if (name === "points" && "statistic" in row)
      Object.assign(row, {
        statistic: 0.05 + random() * 0.04 + (at > 44 ? 0.12 : 0),
        low: 0.03,
        high: 0.1,
        expected: 0.06,
        threshold: at < 14 ? null : 0.17,
        lowerThreshold: undefined,
        calibrated: at > 45 && at < 48,
      });
    return row;
  }

  function sizeOf(name: string): number {
    if (["points", "buckets", "latency"].includes(name)) return 60;
    if (name === "series") return 12;
    if (/^(counts|referenceCounts|categoryCounts|sparkline|principalDots|interestDots)$/.test(name)) return 16;
    if (name === "items" || name === "reached" || name === "signals" || name === "columns") return 14;
    return 2 + Math.floor(random() * 4);
  }

  function number(kind: string, name: string): number {
    if (/(^|[a-z])At$|^at$|^lastSeen$|^firstSeen$|^asOf$|Seen$/.test(name))
      return Math.round(now - random() * 60 * 86_400_000);
    if (name === "from") return now - 60 * 86_400_000;
    if (name === "to") return now;
    if (/share|phi|ratio|keptIn|gap|jsDistance|psi/i.test(name)) return random() * 0.3;
    if (name === "low") return 1.5;
    if (name === "high") return 4;
    if (name === "version" || name === "latest") return 1 + Math.floor(random() * 7);
    if (/opening|closing/.test(name)) return 18_600;
    const value = Math.exp(random() * 6);
    return kind === "integer" ? Math.round(value) : value;
  }

  function text(of: Record<string, unknown>, name: string): string {
    serial += 1;
    const pattern = String(of.pattern ?? "");
    if (/hash|commit|manifest|fingerprint/i.test(name) || pattern.includes("0-9a-f"))
      return Array.from({ length: pattern.includes("{16}") ? 16 : 40 }, () => pick([..."0123456789abcdef"])).join("");
    if (name === "month" || pattern.includes("(0[1-9]|1[0-2])")) return new Date(now).toISOString().slice(0, 7);
    if (/^(id|runId|item|request|requestId|scan)$/.test(name))
      return `${Math.floor(random() * 1e12)
        .toString(16)
        .padStart(10, "0")}${serial}`;
    if (pattern.startsWith("^[0-9]")) return String(serial);
    if (name === "kind") return pick(["source", "dataset-version", "run", "model-version", "deployment", "consumer"]);
    return (WORDS[name] ?? WORDS.other ?? []).at(serial % (WORDS[name] ?? WORDS.other ?? [""]).length) ?? "";
  }
  return make(schema as unknown as Record<string, unknown>, "");
}

const WORDS: Record<string, string[]> = {
  name: ["flights", "daily-delay", "delay", "weather", "airports", "delay-api", "xgb-0412", "carriers"],
  title: ["Flights delay", "Search ranking", "Churn"],
  message: [
    "flights raw has no schema: 4 runs failed on it since March",
    "delay is loaded with pickle from a bucket anyone can write",
    "threshold 0.5 is fixed in code and was never learned",
    "notebook explore.ipynb is imported by the training pipeline",
    "requirements.txt pins nothing",
  ],
  rule: ["DAT-014", "SEC-002", "CFG-007", "ENV-001", "MON-003"],
  slug: ["no-schema", "unsafe-pickle", "fixed-threshold", "unpinned-environment", "no-monitor"],
  family: ["data", "security", "config", "environment"],
  team: ["search", "risk", "platform"],
  owner: ["data-team", "risk"],
  dataset: ["flights", "weather"],
  model: ["delay", "churn"],
  consumer: ["ops-board", "10.1.4.7", "pricing"],
  headline: ["Debt cost this team 6-15 h a week (38 events), up from 4-11. 5 % of files carry 64 % of it."],
  sentence: ["In 60 windows: naive 19, calibrated 2, real 2; promised at most 1 false page a week."],
  column: ["metrics.val_auc", "metrics.val_logloss", "params.max_depth", "params.learning_rate"],
  shown: ["metrics.val_auc", "metrics.val_logloss", "params.max_depth", "params.learning_rate"],
  key: ["val_auc", "val_logloss", "max_depth", "learning_rate"],
  value: ["0.1", "6", "xgb", "open", "data"],
  plain: [
    "Debt cost this team between 6 and 15 hours a week in October.",
    "That is more than in September.",
    "Five items carry most of it.",
  ],
  repository: ["flights"],
  path: ["src/train.py", "notebooks/explore.ipynb"],
  type: ["DOUBLE", "VARCHAR", "BIGINT"],
  other: ["as logged by the client", "seen in traffic", "read from code", "said by the owner"],
};
