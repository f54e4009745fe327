import { plotRuns } from "@paydown/api/tracking";
import { useMemo } from "react";
import { useOperation } from "#kit/data/use-operation.js";
import { toPlotColumn } from "./plot-column.js";
import { type RunQuestion, runScope } from "./use-runs.js";

/** The values of some columns over all runs that match, up to a limit, ready to be drawn. */
export function usePlot(question: RunQuestion, columns: readonly string[], limit: number) {
  const asked = [...new Set(columns)];
  const reply = useOperation(
    plotRuns,
    { ...runScope(question), columns: asked, limit },
    { keep: true, enabled: asked.length > 0 },
  );
  const key = asked.join("\n");
  const data = useMemo(() => {
    const found = reply.data;
    if (found === undefined || found.values.length !== key.split("\n").length) return undefined;
    return {
      ...found,
      columns: key.split("\n").map((column, at) => toPlotColumn(column, found.values[at] ?? [])),
    };
  }, [reply.data, key]);
  return { ...reply, data };
}

export type PlotData = NonNullable<ReturnType<typeof usePlot>["data"]>;
