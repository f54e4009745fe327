import { createHash } from "node:crypto";
import type { ModelChange } from "@paydown/api/registry";
import { nameProblem, pathProblem } from "#base/path-name.js";
import { isLonger } from "#base/text-length.js";
import { registryErrors } from "./errors.js";
import type { StoredFile } from "./needs.js";

export const stages = ["None", "Staging", "Production", "Archived"] as const;
export type Stage = (typeof stages)[number];
export const activeStages: readonly Stage[] = ["Staging", "Production"];

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

function invalid(problem: string): Error {
  return registryErrors.REGISTRY_INVALID({ problem });
}

export function toStage(text: string): Stage {
  const stage = stages.find((one) => one.toLowerCase() === text.toLowerCase());
  if (stage === undefined) {
    throw invalid(`Invalid Model Version stage: ${text}. Value must be one of ${stages.join(", ")}.`);
  }
  return stage;
}

export function checkModelName(name: string): void {
  if (name.trim() === "") throw invalid("Missing value for required parameter 'name'.");
  if (isLonger(name, 256)) throw invalid("'name' exceeds the maximum length of 256 characters");
  if (/[/:]/.test(name)) throw invalid(`Invalid model name '${name}'. Names cannot contain '/' or ':'.`);
  const problem = pathProblem(name);
  if (problem !== undefined) {
    throw invalid(`Invalid value ${JSON.stringify(name)} for parameter 'name' supplied: ${problem}`);
  }
}

export function checkAlias(alias: string): void {
  if (alias === "") throw invalid("Registered model alias name cannot be empty.");
  if (!/^[\p{L}\p{N}_-]*$/u.test(alias)) {
    throw invalid(
      `Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`,
    );
  }
  if (isLonger(alias, 255)) throw invalid("'Registered model alias name' exceeds the maximum length of 255 characters");
}

export function checkNewAlias(alias: string): void {
  checkAlias(alias);
  if (alias.toLowerCase() === "latest") throw invalid("'latest' alias name (case insensitive) is reserved.");
  if (/^[vV]\d+$/.test(alias)) throw invalid(`Version alias name '${alias}' is reserved.`);
}

export function checkTagKey(key: string): void {
  const problem = nameProblem(key);
  if (problem !== undefined) {
    throw invalid(`Invalid value ${JSON.stringify(key)} for parameter 'key' supplied: ${problem}`);
  }
}

export function checkTag(tag: KeyValue): void {
  checkTagKey(tag.key);
  if (isLonger(tag.key, 250)) throw invalid("'key' exceeds the maximum length of 250 characters");
  if (isLonger(tag.value, 100_000)) throw invalid("'value' exceeds the maximum length of 100000 characters");
}

/** One hash for all files of a version: SHA-256 over `<sha256>  <path>` lines sorted by path. */
export function hashOfFiles(files: readonly StoredFile[]): string {
  const hash = createHash("sha256");
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const file of sorted) hash.update(`${file.hash}  ${file.path}\n`);
  return hash.digest("hex");
}

export interface Span {
  alias: string;
  version?: number;
  from: number;
  to?: number;
  by: string;
  reason: string;
}

/** Which version each alias pointed at, when, from the history oldest first; gaps after the first setting are spans without version. */
export function aliasSpans(changes: readonly ModelChange[]): Span[] {
  const spans: Span[] = [];
  const open = new Map<string, Span>();
  for (const change of changes) {
    if (change.kind !== "alias-set" && change.kind !== "alias-removed") continue;
    const before = open.get(change.subject);
    if (before !== undefined) before.to = change.at;
    const span: Span = {
      alias: change.subject,
      ...(change.kind === "alias-set" && change.version !== undefined ? { version: change.version } : {}),
      from: change.at,
      by: change.by,
      reason: change.reason,
    };
    spans.push(span);
    open.set(change.subject, span);
  }
  // A change within the same millisecond leaves no time for the one before it.
  return spans.filter((span) => span.to === undefined || span.to > span.from);
}

export interface Standing<C> {
  readonly kind: "alias" | "stage";
  /** The alias, or the stage. */
  readonly subject: string;
  readonly version: number;
  readonly from: number;
  readonly to: number | undefined;
  /** The change that put it there. */
  readonly by: C;
}

interface StandingChange {
  readonly kind: string;
  readonly subject: string;
  readonly version: number | null;
  readonly at: number;
}

/**
 * What stood behind each alias and in each stage at a moment, from one model's history oldest first: from the instant it was
 * put there to just before it was taken away. A stage may hold several versions; the stage None holds nothing.
 */
export function standingsAt<C extends StandingChange>(changes: readonly C[], at: number): Standing<C>[] {
  const held = new Map<string, Standing<C>>();
  const found: Standing<C>[] = [];
  const end = (key: string, when: number): void => {
    const before = held.get(key);
    held.delete(key);
    if (before !== undefined && before.from <= at && at < when) found.push({ ...before, to: when });
  };
  for (const change of changes) {
    const { subject, version } = change;
    if (change.kind === "alias-set" || change.kind === "alias-removed") {
      end(`alias ${subject}`, change.at);
      if (change.kind === "alias-set" && version !== null) {
        held.set(`alias ${subject}`, { kind: "alias", subject, version, from: change.at, to: undefined, by: change });
      }
    } else if (change.kind === "stage-changed" || change.kind === "version-deleted") {
      end(`stage ${version}`, change.at);
      if (change.kind === "stage-changed" && version !== null && subject !== "None") {
        held.set(`stage ${version}`, { kind: "stage", subject, version, from: change.at, to: undefined, by: change });
      }
    }
  }
  for (const one of held.values()) if (one.from <= at) found.push(one);
  return found;
}
