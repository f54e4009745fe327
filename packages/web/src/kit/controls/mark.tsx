import {
  Check,
  CircleDashed,
  CircleDot,
  Diamond,
  Loader,
  type LucideIcon,
  Minus,
  Octagon,
  OctagonX,
  Triangle,
  TriangleAlert,
} from "lucide-react";
import type { ReactNode } from "react";
import css from "./controls.module.css";

export type Tone = "good" | "warn" | "bad" | "unknown" | "accent" | "plain";

/** A state is a shape, a word and a colour, never a colour alone. */
export function Mark({
  tone,
  icon: Icon,
  children,
  title,
}: {
  readonly tone: Tone;
  readonly icon: LucideIcon;
  readonly children: ReactNode;
  readonly title?: string | undefined;
}) {
  return (
    <span className={css.mark} title={title}>
      <Icon size={14} className={css[tone]} aria-hidden />
      {children}
    </span>
  );
}

const SEVERITY = [
  { icon: Octagon, tone: "bad", word: "blocks" },
  { icon: Triangle, tone: "warn", word: "must pay" },
  { icon: Diamond, tone: "accent", word: "costs" },
  { icon: CircleDot, tone: "plain", word: "hygiene" },
] as const;

/** A severity is a class with a deadline. */
export function Severity({ of }: { readonly of: string }) {
  const kind = SEVERITY[Number(of.slice(3))] ?? SEVERITY[3];
  return (
    <Mark tone={kind.tone} icon={kind.icon} title={`${of}: ${kind.word}`}>
      {of}
    </Mark>
  );
}

const ANSWERS = {
  yes: { icon: Check, tone: "good" },
  no: { icon: Minus, tone: "warn" },
  unknown: { icon: CircleDashed, tone: "unknown" },
} as const;

/** Yes, no or unknown, with what proves it on hover. */
export function Answer({
  of,
  evidence,
  word,
}: {
  readonly of: "yes" | "no" | "unknown";
  readonly evidence?: string | undefined;
  readonly word?: string | undefined;
}) {
  const kind = ANSWERS[of];
  return (
    <Mark tone={kind.tone} icon={kind.icon} title={evidence}>
      {word ?? of}
    </Mark>
  );
}

const RUN_STATES: Record<string, { icon: LucideIcon; tone: Tone; word: string }> = {
  RUNNING: { icon: Loader, tone: "accent", word: "running" },
  SCHEDULED: { icon: CircleDashed, tone: "plain", word: "scheduled" },
  FINISHED: { icon: Check, tone: "good", word: "finished" },
  FAILED: { icon: OctagonX, tone: "bad", word: "failed" },
  KILLED: { icon: TriangleAlert, tone: "warn", word: "killed" },
};

export function RunState({ of }: { readonly of: string }) {
  const kind = RUN_STATES[of] ?? { icon: CircleDashed, tone: "unknown" as const, word: of.toLowerCase() };
  return (
    <Mark tone={kind.tone} icon={kind.icon}>
      {kind.word}
    </Mark>
  );
}

export function Tag({ children, title }: { readonly children: ReactNode; readonly title?: string | undefined }) {
  return (
    <span className={css.tag} title={title}>
      {children}
    </span>
  );
}

export function Key({ children }: { readonly children: ReactNode }) {
  return <kbd className={css.kbd}>{children}</kbd>;
}
