import type { Statement } from "@paydown/api/debt";
import { Waterfall, WaterfallTable } from "#kit/charts/waterfall.jsx";
import { Fold } from "#kit/page/page.jsx";
import { paths } from "#routes/paths.js";

/** Opening to closing. The server keeps the account in whole minutes, so the steps sum exactly. */
export function PrincipalAccount({ statement, project }: { readonly statement: Statement; readonly project: string }) {
  const { principal: of } = statement;
  const hours = (minutes: number) => minutes / 60;
  const bars = {
    title: "Principal of the month",
    unit: "h",
    opening: { id: "opening", label: "opening", value: hours(of.opening) },
    steps: [
      { id: "opened", label: "opened", value: hours(of.opened), to: paths.ledger(project, "new:31d") },
      { id: "paid", label: "paid", value: -hours(of.paid), to: paths.ledger(project, "state:paid") },
      {
        id: "written-off",
        label: "written off",
        value: -hours(of.writtenOff),
        to: paths.ledger(project, "state:written-off"),
      },
      {
        id: "revalued",
        label: "revalued",
        value: hours(of.revalued),
        to: paths.ledger(project, "state:open,planned,prudent,called"),
      },
      { id: "vanished", label: "vanished", value: hours(of.vanished), to: paths.ledger(project, "state:vanished") },
    ],
    closing: {
      id: "closing",
      label: "closing",
      value: hours(of.closing),
      to: paths.ledger(project, "state:open,planned,prudent,called"),
    },
  };
  return (
    <>
      <Waterfall {...bars} />
      <Fold title="The same as a table">
        <WaterfallTable {...bars} />
      </Fold>
    </>
  );
}
