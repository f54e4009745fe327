import { replayVersions } from "@paydown/api/flows";
import type { Replay } from "@paydown/api/registry";
import type { FormEvent } from "react";
import { Button } from "#kit/controls/button.jsx";
import { TextField } from "#kit/controls/field.jsx";
import { useAction } from "#kit/data/use-operation.js";
import { When } from "#kit/numbers/figures.jsx";
import { count, many, measured, percent } from "#kit/numbers/format.js";
import { Fold, Pairs } from "#kit/page/page.jsx";
import { tell } from "#kit/states/failure.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import css from "./registry.module.css";

/** The same inputs answered by two versions: how much differs, where most. */
export function Replays({ of, project }: { readonly of: readonly Replay[]; readonly project: string }) {
  if (of.length === 0) return <p className={css.quiet}>No two versions were asked the same inputs yet.</p>;
  return of.map((one) => (
    <div key={one.id} className={css.stack}>
      <p>
        <Go to={paths.modelVersion(project, one.model, one.from)}>v{one.from}</Go> against{" "}
        <Go to={paths.modelVersion(project, one.model, one.to)}>v{one.to}</Go> on {count(one.rows)} rows of{" "}
        {one.inputs.name}: {percent(one.changed)} of rows changed by more than {measured(one.tolerance)}
        {one.flips > 0 ? `, ${many(one.flips, "label flipped", "labels flipped")}` : ", no label flipped"}
        {one.leftOut > 0 ? `; ${many(one.leftOut, "row was", "rows were")} left out` : ""}. <When at={one.at} />, by{" "}
        {one.by}
      </p>
      <Pairs
        of={one.outputs.map((output) => [
          output.output,
          `${output.maxDifference === undefined ? "text" : `greatest difference ${measured(output.maxDifference)}, mean ${measured(output.meanDifference ?? 0)}`}${output.flips === undefined ? "" : `, ${many(output.flips, "flip")}`}`,
        ])}
      />
      {one.onlyFrom.length + one.onlyTo.length === 0 ? null : (
        <p className={css.quiet}>
          Only v{one.from}: {one.onlyFrom.join(", ") || "nothing"}; only v{one.to}: {one.onlyTo.join(", ") || "nothing"}
          .
        </p>
      )}
      {one.examples.length === 0 ? null : (
        <Fold title={`The ${many(one.examples.length, "row")} that differ most`}>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable by keyboard */}
          <section className={css.scroll} tabIndex={0} aria-label="Rows that differ most">
            <table className={css.matrix}>
              <thead>
                <tr>
                  <th scope="col">row</th>
                  <th scope="col">difference</th>
                  <th scope="col">inputs</th>
                  <th scope="col">v{one.from}</th>
                  <th scope="col">v{one.to}</th>
                </tr>
              </thead>
              <tbody>
                {one.examples.map((example) => (
                  <tr key={example.row}>
                    <th scope="row">{count(example.row)}</th>
                    <td>{measured(example.difference)}</td>
                    <td>{JSON.stringify(example.inputs)}</td>
                    <td>{JSON.stringify(example.from)}</td>
                    <td>{JSON.stringify(example.to)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        </Fold>
      )}
    </div>
  ));
}

/** Asks for a replay against an earlier version. */
export function AskReplay({
  project,
  model,
  version,
}: {
  readonly project: string;
  readonly model: string;
  readonly version: number;
}) {
  const replay = useAction(replayVersions, ["registry", "flows"]);
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const deployment = String(form.get("deployment")).trim();
    replay.mutate({
      project,
      model,
      from: Number(form.get("from")),
      to: version,
      ...(deployment === "" ? {} : { deployment }),
    });
  }
  return (
    <form className={css.row} onSubmit={submit}>
      <TextField
        label="Against version"
        name="from"
        type="number"
        min="1"
        required
        defaultValue={version > 1 ? version - 1 : ""}
      />
      <TextField
        label="On the logged predictions of deployment"
        name="deployment"
        hint="Empty: on that version's input example."
      />
      <Button type="submit" disabled={replay.isPending}>
        Replay
      </Button>
      <span role="status">
        {replay.error !== null
          ? `${tell(replay.error).message} ${tell(replay.error).next}`
          : replay.data === undefined
            ? ""
            : "Asked for; its result appears here when it is done."}
      </span>
    </form>
  );
}
