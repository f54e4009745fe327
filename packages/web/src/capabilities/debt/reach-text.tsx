import type { DebtItem } from "@paydown/api/debt";
import { count, many } from "#kit/numbers/format.js";
import { Unknown } from "#kit/states/unknown.jsx";

/** What lies downstream, as plain counts. */
export function ReachText({ of }: { readonly of: DebtItem["reach"] }) {
  if (of === null) return <Unknown />;
  const parts = [
    of.models > 0 ? `${count(of.models)} mod` : "",
    of.endpoints > 0 ? `${count(of.endpoints)} endp` : "",
    of.teams > 0 ? many(of.teams, "team") : "",
  ].filter((part) => part !== "");
  return (
    <span title={`${many(of.nodes, "node")} downstream`}>
      {parts.length === 0 ? many(of.nodes, "node") : parts.join(" ")}
    </span>
  );
}
