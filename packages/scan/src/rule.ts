import { ScanError } from "#errors.js";
import type { FileFacts } from "#facts/file.js";
import type { ProjectFacts } from "#facts/project.js";
import type { Place } from "#place.js";

export type Family =
  | "eval"
  | "code"
  | "model"
  | "data"
  | "repro"
  | "nb"
  | "conf"
  | "dep"
  | "pipe"
  | "serve"
  | "mon"
  | "priv"
  | "test";

/** on: a finding by default; counted: only in the metrics; off: opt-in until its precision is audited. */
export type Tier = "on" | "counted" | "off";

/** high: resolved import, receiver type and definitions; medium: by signature; low: lexical only. */
export type Confidence = "high" | "medium" | "low";

/** A one AST, D dataflow, X cross-file, R repository files, N notebook, C config, B binary header, H history, T text. */
export type Evidence = "A" | "D" | "X" | "R" | "N" | "C" | "B" | "H" | "T";

/** Prior of the principal: its median is the class's hours, its 80 % band is a factor 3.6 to each side. */
export type PrincipalClass = "lint" | "config" | "schema" | "transform" | "pipeline";

/** auto: safe edit; suggestion: reviewable edit; generate: a file is written; advice: a person decides. */
export type Fix = "auto" | "suggestion" | "generate" | "advice";

/**
 * A node of the file's tree, an offset of its text, a cell by its number (with the raw line of an output),
 * a raw line of a file that is not Python, or a place kept from the summary of a file.
 */
export type PlaceInput =
  | { readonly node: number }
  | { readonly offset: number }
  | { readonly cell: number; readonly rawLine?: number }
  | { readonly line: number }
  | { readonly place: Place };

/** The tokens that make a finding the same finding next time; never a line number. */
export interface Reported {
  readonly at: PlaceInput;
  readonly message: string;
  /** Short facts a reader can check: names, types, values. Secrets are never quoted. */
  readonly evidence?: readonly string[];
  /** Lowers or raises the rule's own confidence for this place. */
  readonly confidence?: Confidence;
  /** Replaces the token window of the fingerprint where the place has no code of its own. */
  readonly identity?: string;
  /** Reported only when the rule is selected by hand; otherwise counted. */
  readonly counted?: boolean;
}

export type Report = (found: Reported) => void;
/** Project rules name the file. */
export type ProjectReport = (path: string, found: Reported) => void;

/** Files of an example; a notebook is given by its cells. A line that must be found ends with a `finding` comment. */
export type Example = string | { readonly [path: string]: string | Uint8Array | NotebookExample };

export interface NotebookExample {
  readonly cells: readonly {
    readonly source: string;
    readonly type?: "code" | "markdown";
    readonly count?: number | null;
    readonly outputs?: readonly unknown[];
  }[];
}

interface RuleFacts {
  /** `MLD` and three digits. */
  readonly code: string;
  /** Read aloud after "allow ...". */
  readonly slug: string;
  readonly family: Family;
  readonly tier: Tier;
  /** Where the idea was published, in short. */
  readonly origin: string;
  readonly evidence: readonly Evidence[];
  readonly confidence: Confidence;
  readonly principalClass: PrincipalClass;
  /** Minutes to repair one place, as linters quote it; the price uses principalClass. */
  readonly effort: number;
  readonly fix: Fix;
  readonly summary: string;
  readonly why: string;
  readonly remedy: string;
  readonly examples: { readonly bad: readonly Example[]; readonly good: readonly Example[] };
  /** Only for rules on security or privacy: 0.0-10.0, as SARIF's security-severity. */
  readonly securitySeverity?: number;
}

/** Looks at one Python file or notebook at a time. */
export interface FileRule extends RuleFacts {
  readonly scope: "file";
  check(facts: FileFacts, report: Report): void;
  /** A second look at what is neither Python nor a notebook (configuration files). */
  checkProject?(project: ProjectFacts, report: ProjectReport): void;
}

/** Looks at the repository as a whole, after all files. */
export interface ProjectRule extends RuleFacts {
  readonly scope: "project";
  check(project: ProjectFacts, report: ProjectReport): void;
}

export type Rule = FileRule | ProjectRule;

export function defineRule(rule: Omit<FileRule, "scope">): FileRule {
  assertRule(rule);
  return { ...rule, scope: "file" };
}

export function defineProjectRule(rule: Omit<ProjectRule, "scope">): ProjectRule {
  assertRule(rule);
  return { ...rule, scope: "project" };
}

function assertRule(rule: RuleFacts): void {
  const fault = !/^MLD\d{3}$/.test(rule.code)
    ? "its code is not MLD and three digits"
    : !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(rule.slug)
      ? "its slug is not kebab-case"
      : rule.examples.bad.length === 0 || rule.examples.good.length === 0
        ? "it needs at least one bad and one good example"
        : undefined;
  if (fault)
    throw new ScanError(
      "SCAN_RULE_INVALID",
      `Rule ${rule.code} ${rule.slug}: ${fault}.`,
      "Correct the rule's definition.",
    );
}
