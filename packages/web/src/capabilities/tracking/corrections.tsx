import type { Correction } from "@paydown/api/tracking";
import { correctRun } from "@paydown/api/tracking-upkeep";
import type { FormEvent } from "react";
import { Button } from "#kit/controls/button.jsx";
import { Select, TextField } from "#kit/controls/field.jsx";
import { useAction } from "#kit/data/use-operation.js";
import { many } from "#kit/numbers/format.js";
import { stamp } from "#kit/numbers/time.js";
import { Fold } from "#kit/page/page.jsx";
import { tell } from "#kit/states/failure.jsx";
import css from "./records.module.css";

interface CorrectionsProps {
  readonly project: string;
  readonly runId: string;
  readonly corrections: readonly Correction[];
}

const kinds = ["param", "tag", "metric", "name", "experiment"] as const;

/** What was recorded wrongly, what it was before, who set it right and why; and the way to do so. */
export function Corrections({ project, runId, corrections }: CorrectionsProps) {
  const correct = useAction(correctRun);
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "");
    correct.mutate({
      project,
      runId,
      what: kinds.find((one) => one === text("what")) ?? "param",
      reason: text("reason"),
      ...(text("key") === "" ? {} : { key: text("key") }),
      ...(form.get("remove") === "on" ? {} : { value: text("value") }),
      ...(text("step") === "" ? {} : { step: Number(text("step")) }),
    });
  }
  return (
    <>
      {corrections.length === 0 ? (
        <p className={css.quiet}>Nothing was corrected; everything stands as it was logged.</p>
      ) : (
        <ol className={css.list}>
          {corrections.map((one) => (
            <li key={one.id}>
              {one.what} {one.key} was <code>{one.before.slice(0, 200)}</code>
              {one.points > 0 ? ` (${many(one.points, "point")})` : ""},{" "}
              {one.after === null ? "removed" : <>now {<code>{one.after.slice(0, 200)}</code>}</>}: {one.reason}{" "}
              <small>
                {one.by}, {stamp(one.at)}
              </small>
            </li>
          ))}
        </ol>
      )}
      <Fold title="Correct a value">
        <form className={css.row} onSubmit={submit}>
          <Select label="What" name="what">
            {kinds.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </Select>
          <TextField label="Which key" name="key" maxLength={250} hint="Empty for name and experiment." />
          <TextField label="Right value" name="value" maxLength={8000} />
          <TextField label="Step of a metric" name="step" type="number" hint="Empty: the whole series." />
          <label className={css.check}>
            <input type="checkbox" name="remove" />
            remove it
          </label>
          <TextField label="Reason, kept for good" name="reason" required maxLength={1000} />
          <Button type="submit" disabled={correct.isPending}>
            Correct
          </Button>
          <span role="status">
            {correct.error === null
              ? correct.isSuccess
                ? "Corrected; the original is kept."
                : ""
              : `${tell(correct.error).message} ${tell(correct.error).next}`}
          </span>
        </form>
      </Fold>
    </>
  );
}
