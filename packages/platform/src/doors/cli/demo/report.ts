import type { StoryEnd } from "./story.js";

interface RangeValue {
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
  readonly n: number;
}

/** The statement as the terminal shows it. Estimates have one significant figure, the balance is exact in hours and minutes. */
export function report(end: StoryEnd, project: string, url: string): string {
  const { statement, plan, score } = end;
  const { principal } = statement;
  const steps: [string, number][] = [
    ["opening", principal.opening],
    ["+ opened", principal.opened],
    ["− paid", -principal.paid],
    ["− written off", -principal.writtenOff],
    ["± revalued", principal.revalued],
    ["± vanished", principal.vanished],
    ["= closing", principal.closing],
  ];
  const dearest = statement.bestPayback.slice(0, 5);
  const lines = [
    "",
    `STATEMENT ${statement.month}, project ${project}`,
    statement.headline,
    "",
    ...steps.map(([name, minutes]) => `  ${name.padEnd(14)}${hours(minutes).padStart(10)}`),
    "",
    `  interest       ${range(statement.interest)} h/week, ${statement.events} events   risk interest, apart: ${range(statement.riskInterest)} h/week`,
    `  ML Test Score  ${score.low.toFixed(1)} … ${score.high.toFixed(1)}, ${score.unknown} unknown`,
    "",
    "Best payback",
    ...dearest.map((one) => `  ${range(one.principal).padStart(12)} h  ${one.slug.padEnd(28)} ${one.message}`),
    "",
    "Plan, 20 % of two people for four weeks",
    `  ${plan.sentence}`,
    "",
    "Paid by automation",
    ...end.paid.map((one) => `  ${one.proved ? "proved " : "open   "} ${one.message}`),
    "",
    `One prediction (${end.prediction.slice(0, 8)}) comes from ${end.lineage.nodes.length} things: \`paydown lineage upstream prediction:${end.prediction}\``,
    "",
    `The interface: ${url}/p/${project}`,
    "",
  ];
  return lines.join("\n");
}

function range(value: RangeValue | null): string {
  return value === null ? "unknown" : `${short(value.p50)} (${short(value.p10)}–${short(value.p90)})`;
}

function short(value: number): string {
  return value === 0 ? "0" : String(Number(value.toPrecision(1)));
}

function hours(minutes: number): string {
  const sign = minutes < 0 ? "−" : "";
  const all = Math.abs(minutes);
  return `${sign}${Math.floor(all / 60)} h ${String(all % 60).padStart(2, "0")} min`;
}
