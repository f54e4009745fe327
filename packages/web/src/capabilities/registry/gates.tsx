import type { Gate } from "@paydown/api/registry";
import type { ReactNode } from "react";
import { Answer, Tag } from "#kit/controls/mark.jsx";
import { day } from "#kit/numbers/time.js";
import css from "./registry.module.css";

interface GatesProps {
  readonly gates: readonly Gate[];
  /** What can be done about a gate that is in the way. */
  readonly act?: (gate: Gate) => ReactNode;
}

/** Gate by gate: what was seen, how strictly it is asked for, and the way to close a gap. */
export function Gates({ gates, act }: GatesProps) {
  const asked = gates.filter((gate) => gate.mode !== "off");
  const off = gates.filter((gate) => gate.mode === "off");
  return (
    <>
      {asked.length === 0 ? (
        <p className={css.quiet}>The policy asks for nothing here.</p>
      ) : (
        <ul className={css.gates}>
          {asked.map((gate) => (
            <Line key={gate.gate} gate={gate} act={act} />
          ))}
        </ul>
      )}
      {off.length === 0 ? null : (
        <details className={css.off}>
          <summary>{off.length} not asked for by the policy</summary>
          <ul className={css.gates}>
            {off.map((gate) => (
              <Line key={gate.gate} gate={gate} act={undefined} />
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Line({ gate, act }: { gate: Gate; act: GatesProps["act"] }) {
  return (
    <li data-blocks={gate.blocks}>
      <span className={css.name}>
        <b>{gate.gate}</b>
        <Answer of={gate.state} />
        {gate.blocks ? <Tag>in the way</Tag> : gate.mode === "finding" ? <Tag>finding</Tag> : null}
      </span>
      <span>
        {gate.evidence}
        {gate.state === "yes" || gate.remedy === undefined ? null : (
          <span className={css.quiet}> To close it: {gate.remedy}</span>
        )}
        {gate.waiver === undefined ? null : (
          <span className={css.quiet}>
            {" "}
            Waived by {gate.waiver.by} until {day(gate.waiver.dueAt)}: {gate.waiver.reason}
          </span>
        )}
      </span>
      {gate.blocks && act !== undefined ? act(gate) : null}
    </li>
  );
}
