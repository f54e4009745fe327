import type { Verdict } from "@paydown/api/monitoring";
import { Check, CircleDashed, Hourglass, OctagonX } from "lucide-react";
import { Mark } from "#kit/controls/mark.jsx";

const KINDS = {
  alarm: { icon: OctagonX, tone: "bad" },
  unknown: { icon: CircleDashed, tone: "unknown" },
  learning: { icon: Hourglass, tone: "plain" },
  quiet: { icon: Check, tone: "good" },
} as const;

export function VerdictMark({ of, why }: { readonly of: Verdict; readonly why?: string }) {
  const kind = KINDS[of];
  return (
    <Mark tone={kind.tone} icon={kind.icon} title={why}>
      {of}
    </Mark>
  );
}

export const VERDICT_ORDER: readonly Verdict[] = ["alarm", "unknown", "learning", "quiet"];
