/**
 * clean: nothing in it runs but known constructors of models and data. suspicious: damaged, or it names what nobody vouches
 * for. dangerous: loading it runs code, or reads or writes other files. unknown: it could not be read to its end.
 */
export type ArtefactVerdict = "clean" | "suspicious" | "dangerous" | "unknown";

/** From harmless to harmful; what could not be read weighs more than what only looks odd, unless something surely runs. */
const weight: Readonly<Record<ArtefactVerdict, number>> = { clean: 0, suspicious: 1, unknown: 2, dangerous: 3 };

export function worse(a: ArtefactVerdict, b: ArtefactVerdict): ArtefactVerdict {
  return weight[b] > weight[a] ? b : a;
}

/** What was seen of one file while it was read. */
export interface Notes {
  verdict: ArtefactVerdict;
  /** Reasons by verdict, each once, bounded. */
  readonly reasons: { readonly verdict: ArtefactVerdict; readonly reason: string }[];
  /** Callables by their judgement, bounded. */
  readonly names: Map<string, "harmless" | "dangerous" | "unknown">;
  /** Why it was not read to the end, for people who can do something about it. */
  readonly unread: { readonly code: UnreadCode; readonly what: string }[];
}

export type UnreadCode =
  | "SCAN_LFS_POINTER"
  | "SCAN_ARTEFACT_PACKED"
  | "SCAN_ARTEFACT_TOO_LARGE"
  | "SCAN_PICKLE_CUT"
  | "SCAN_ARCHIVE_DAMAGED"
  | "SCAN_ARCHIVE_MEMBER_UNREAD"
  | "SCAN_ARCHIVE_CUT";

const maxReasons = 100;
const maxNames = 1000;

export function newNotes(): Notes {
  return { verdict: "clean", reasons: [], names: new Map(), unread: [] };
}

export function note(notes: Notes, verdict: ArtefactVerdict, reason: string): void {
  notes.verdict = worse(notes.verdict, verdict);
  if (notes.reasons.length < maxReasons && !notes.reasons.some((one) => one.reason === reason))
    notes.reasons.push({ verdict, reason });
}

export function noteUnread(notes: Notes, code: UnreadCode, what: string): void {
  note(notes, "unknown", what);
  if (notes.unread.length < maxReasons) notes.unread.push({ code, what });
}

export function noteName(notes: Notes, name: string, verdict: "harmless" | "dangerous" | "unknown"): void {
  if (notes.names.size < maxNames || verdict === "dangerous") notes.names.set(name, verdict);
}
