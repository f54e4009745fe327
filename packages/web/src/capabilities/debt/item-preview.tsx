import type { DebtItem } from "@paydown/api/debt";
import { ButtonLink } from "#kit/controls/button.jsx";
import { CopyId } from "#kit/controls/copy.jsx";
import { Severity } from "#kit/controls/mark.jsx";
import { day } from "#kit/numbers/time.js";
import { Pairs } from "#kit/page/page.jsx";
import { QuantileDots } from "#kit/ranges/quantile-dots.jsx";
import { RangeText } from "#kit/ranges/range-cell.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import { Go } from "#routes/link.jsx";
import { nodePath, paths } from "#routes/paths.js";

/** An item beside the list it stands in. */
export function ItemPreview({ item, project }: { readonly item: DebtItem; readonly project: string }) {
  return (
    <>
      {item.interest !== null && item.interest.p90 <= 0 ? (
        <p>No hours were lost to it so far.</p>
      ) : item.interest === null ? (
        <Unknown remedy="connect runs, incidents or history">interest is unknown</Unknown>
      ) : (
        <QuantileDots of={item.interest} label="interest" unit="h/wk" />
      )}
      <Pairs
        of={[
          ["rule", `${item.rule} ${item.slug}`],
          [
            "asset",
            <Go
              key="asset"
              to={nodePath(project, item.asset)}
            >{`${item.asset.kind.replaceAll("-", " ")} ${item.asset.id}`}</Go>,
          ],
          ["severity", <Severity key="severity" of={item.severity} />],
          ["principal", <RangeText key="principal" of={item.principal} unit="h" />],
          [
            "payback",
            item.payback === null ? (
              <Unknown key="payback" />
            ) : (
              <RangeText key="payback" of={item.payback} unit="weeks" />
            ),
          ],
          [
            "team",
            item.team ?? (
              <Unknown key="team" remedy="assign one">
                nobody
              </Unknown>
            ),
          ],
          ["state", item.state],
          ["opened", day(item.openedAt)],
          ["id", <CopyId key="id" id={item.id} label="item" />],
        ]}
      />
      <div>
        <ButtonLink kind="primary" to={paths.item(project, item.id)}>
          Open item
        </ButtonLink>
      </div>
    </>
  );
}
