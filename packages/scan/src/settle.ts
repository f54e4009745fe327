import { type FileFacts, lineStartOf } from "#facts/file.js";
import type { Profile } from "#facts/project.js";
import { fingerprintOf, type Place, placeOf } from "#place.js";
import { principalOf } from "#price.js";
import { isCountedIn } from "#profiles.js";
import type { Finding, RuleCount, SuppressedFinding, Suppression } from "#report.js";
import type { Reported, Rule } from "#rule.js";
import type { Part } from "#selection.js";
import { isExpired, readSuppressions, type SuppressionComment, silences } from "#suppressions.js";

/** A place a rule reported, before it has an identity and a price. */
export interface Draft {
  readonly rule: Rule;
  readonly path: string;
  readonly place: Place;
  readonly found: Reported;
  /** Line of the joined text, for suppressions; 0 where only the raw line is known. */
  readonly textLine: number;
}

/** A finding without its interest, which needs the history. */
export type Unpriced = Omit<Finding, "interest">;

export interface Settled {
  readonly findings: readonly Unpriced[];
  readonly suppressed: readonly (Unpriced & Pick<SuppressedFinding, "suppression">)[];
  readonly suppressions: readonly Suppression[];
  readonly counted: readonly RuleCount[];
}

interface PlacedComment extends SuppressionComment {
  /** Lines of the raw file; the same as the text's for Python. */
  readonly rawLine: number;
  readonly rawFrom: number;
  readonly rawTo: number;
}

/** The comments of one file: those on one line by line, the few that cover more in a list. */
export interface FileComments {
  readonly all: readonly PlacedComment[];
  readonly byLine: ReadonlyMap<number, readonly PlacedComment[]>;
  readonly wide: readonly PlacedComment[];
}

/** Undefined for the many files that silence nothing: nothing of their facts is kept. */
export function readFileComments(facts: FileFacts): FileComments | undefined {
  const comments = readSuppressions(facts);
  if (comments.length === 0) return undefined;
  const raw = (line: number): number =>
    facts.kind === "python" ? line : placeOf(facts, { offset: lineStartOf(facts, line) }).line;
  const all = comments.map((comment) => ({
    ...comment,
    rawLine: raw(comment.commentLine),
    rawFrom: raw(comment.fromLine),
    rawTo: raw(comment.toLine),
  }));
  const narrow = all.filter((comment) => comment.fromLine === comment.toLine);
  return {
    all,
    byLine: Map.groupBy(narrow, (comment) => comment.fromLine),
    wide: all.filter((comment) => comment.fromLine !== comment.toLine),
  };
}

/** Gives drafts their fingerprints, takes out the silenced ones, counts the rules that only count. */
export function settle(
  drafts: readonly Draft[],
  parts: ReadonlyMap<Rule, Part>,
  comments: ReadonlyMap<string, FileComments>,
  today: string,
  profile: Profile,
): Settled {
  const ordered = [...drafts].sort(
    (a, b) =>
      compare(a.path, b.path) ||
      a.place.line - b.place.line ||
      (a.place.cellLine ?? 0) - (b.place.cellLine ?? 0) ||
      compare(a.rule.code, b.rule.code),
  );
  const ordinals = new Map<string, number>();
  const counts = new Map<Rule, { count: number; files: Set<string> }>();
  const used = new Map<PlacedComment, number>();
  const findings: Unpriced[] = [];
  const suppressed: (Unpriced & Pick<SuppressedFinding, "suppression">)[] = [];
  for (const draft of ordered) {
    const { rule, path, place, found } = draft;
    const tokens = found.identity ?? place.tokens;
    const key = [rule.code, path, place.scope, tokens].join("\0");
    const ordinal = ordinals.get(key) ?? 0;
    ordinals.set(key, ordinal + 1);
    const part = parts.get(rule);
    if (part !== "selected" && (found.counted || part === "counted" || isCountedIn(profile, rule.code))) {
      const count = counts.get(rule) ?? { count: 0, files: new Set() };
      count.count++;
      count.files.add(path);
      counts.set(rule, count);
      continue;
    }
    const finding: Unpriced = {
      rule: rule.code,
      slug: rule.slug,
      path,
      line: place.line,
      ...(place.cell === undefined ? {} : { cell: place.cell }),
      ...(place.cellLine === undefined ? {} : { cellLine: place.cellLine }),
      ...(place.cellId === undefined ? {} : { cellId: place.cellId }),
      confidence: found.confidence ?? rule.confidence,
      message: printable(found.message),
      evidence: (found.evidence ?? []).map(printable),
      principal: principalOf(rule.principalClass),
      fingerprint: fingerprintOf(rule.code, path, place.scope, tokens, ordinal),
      scope: place.scope,
    };
    const comment = commentFor(comments.get(path), draft, today);
    if (comment) {
      used.set(comment, (used.get(comment) ?? 0) + 1);
      const reason = comment.reason === undefined ? {} : { reason: comment.reason };
      suppressed.push({ ...finding, suppression: { line: comment.rawLine, ...reason } });
    } else findings.push(finding);
  }
  return {
    findings,
    suppressed,
    suppressions: [...comments].flatMap(([path, file]) =>
      file.all.map((comment) => toSuppression(path, comment, used.get(comment) ?? 0, today)),
    ),
    counted: [...counts]
      .map(([rule, { count, files }]) => ({ rule: rule.code, slug: rule.slug, count, files: files.size }))
      .sort((a, b) => compare(a.rule, b.rule)),
  };
}

function commentFor(file: FileComments | undefined, draft: Draft, today: string): PlacedComment | undefined {
  if (!file) return undefined;
  const { rule, textLine } = draft;
  if (textLine > 0) {
    const near = [...(file.byLine.get(textLine) ?? []), ...file.wide];
    return near.find((comment) => silences(comment, rule, textLine, today));
  }
  // Whole notebooks and project rules know only the raw line.
  const line = draft.place.line;
  return file.all.find((comment) => {
    const isCovered = comment.isFile || (line >= comment.rawFrom && line <= comment.rawTo);
    return isCovered && silences(comment, rule, comment.fromLine, today);
  });
}

function toSuppression(path: string, comment: PlacedComment, suppressed: number, today: string): Suppression {
  return {
    path,
    line: comment.rawLine,
    targets: comment.targets,
    ...(comment.reason === undefined ? {} : { reason: comment.reason }),
    ...(comment.until === undefined ? {} : { until: comment.until }),
    state: isExpired(comment, today) ? "expired" : suppressed > 0 ? "used" : "unused",
    suppressed,
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Text from a scanned repository must not steer a terminal. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}
