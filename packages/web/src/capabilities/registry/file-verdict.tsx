import type { Verdict } from "@paydown/api/registry";
import { Check, CircleDashed, OctagonX, TriangleAlert } from "lucide-react";
import { Mark } from "#kit/controls/mark.jsx";

const kinds = {
  clean: { icon: Check, tone: "good" },
  suspicious: { icon: TriangleAlert, tone: "warn" },
  dangerous: { icon: OctagonX, tone: "bad" },
  unknown: { icon: CircleDashed, tone: "unknown" },
} as const;

/** What reading a file without loading it says about the danger of loading it. */
export function FileVerdict({ of, why }: { readonly of: Verdict | undefined; readonly why?: string | undefined }) {
  const verdict = of ?? "unknown";
  return (
    <Mark tone={kinds[verdict].tone} icon={kinds[verdict].icon} title={why}>
      {verdict}
    </Mark>
  );
}
