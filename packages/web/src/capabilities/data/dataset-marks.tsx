import type { Dataset } from "@paydown/api/data";
import { Check, CircleDashed, Clock, Minus, OctagonX } from "lucide-react";
import { Mark } from "#kit/controls/mark.jsx";
import { count, duration } from "#kit/numbers/format.js";
import { Unknown } from "#kit/states/unknown.jsx";

const HOUR = 3_600_000;

export function FreshnessMark({ of }: { readonly of: Dataset["freshness"] }) {
  const age = of.ageHours === undefined ? "" : duration(of.ageHours * HOUR);
  if (of.state === "unknown") return <Unknown>{of.objectiveHours === undefined ? "no objective" : "unknown"}</Unknown>;
  const title = of.objectiveHours === undefined ? undefined : `objective ${duration(of.objectiveHours * HOUR)}`;
  return of.state === "fresh" ? (
    <Mark tone="good" icon={Check} title={title}>
      fresh {age}
    </Mark>
  ) : (
    <Mark tone="warn" icon={Clock} title={title}>
      late {age}
    </Mark>
  );
}

export function ContractMark({ of }: { readonly of: Dataset["contract"] }) {
  if (of === "unknown") return <Unknown />;
  if (of === "kept")
    return (
      <Mark tone="good" icon={Check}>
        kept
      </Mark>
    );
  if (of === "broken")
    return (
      <Mark tone="bad" icon={OctagonX}>
        broken
      </Mark>
    );
  return (
    <Mark tone="warn" icon={Minus}>
      absent
    </Mark>
  );
}

export function RightsMark({ of }: { readonly of: Dataset["rights"] }) {
  if (of === "unknown") return <Unknown />;
  return of === "cleared" ? (
    <Mark tone="good" icon={Check}>
      cleared
    </Mark>
  ) : (
    <Mark tone="warn" icon={CircleDashed}>
      restricted
    </Mark>
  );
}

export function ConsumersText({ of }: { readonly of: Dataset["consumers"] }) {
  if (of === undefined) return <Unknown />;
  return (
    <span>
      {count(of.declared)} declared{of.undeclared > 0 ? <b>, {count(of.undeclared)} undeclared</b> : null}
    </span>
  );
}
