import { checkPromotion, getModel, requestPromotion } from "@paydown/api/registry";
import { Boxes } from "lucide-react";
import type { FormEvent } from "react";
import { Button } from "#kit/controls/button.jsx";
import { Select, TextArea, TextField } from "#kit/controls/field.jsx";
import { useAction, useOperation } from "#kit/data/use-operation.js";
import { many } from "#kit/numbers/format.js";
import { Page, Section } from "#kit/page/page.jsx";
import { tell } from "#kit/states/failure.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useGo, usePathPart, useProject } from "#routes/use-place.js";
import { Gates } from "./gates.jsx";
import css from "./registry.module.css";

const stages = ["Staging", "Production", "Archived"] as const;

/** Asking that a version take over: what the policy will look at, then the request. */
export function Screen() {
  const project = useProject();
  const model = usePathPart("model");
  const version = Number(usePathPart("version"));
  const go = useGo();
  const check = useOperation(checkPromotion, { project, model, version });
  const known = useOperation(getModel, { project, model });
  const request = useAction(requestPromotion, ["registry", "lineage"]);
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const target = String(form.get("target")).trim();
    const stage = stages.find((one) => `stage:${one}` === form.get("kind"));
    request.mutate(
      {
        project,
        model,
        version,
        reason: String(form.get("reason")),
        ...(stage === undefined ? { alias: target } : { stage }),
      },
      { onSuccess: (made) => go(paths.promotion(project, made.id)) },
    );
  }
  const blocked = check.data?.gates.filter((gate) => gate.blocks).length ?? 0;
  return (
    <Page
      title={`Promote ${model} v${version}`}
      icon={Boxes}
      meta={
        <>
          <Go to={paths.modelVersion(project, model, version)}>
            {model} v{version}
          </Go>
          <Go to={paths.policy(project, model)}>the policy</Go>
        </>
      }
      lede={
        check.data === undefined
          ? undefined
          : blocked > 0
            ? `${many(blocked, "gate")} would be in the way; the request stays open until the evidence is there or the gate is waived.`
            : check.data.approvalsNeeded > 0
              ? `No gate is in the way; ${many(check.data.approvalsNeeded, "person", "people")} must approve${check.data.fourEyes ? ", not the one who asks" : ""}.`
              : "Nothing is in the way: an alias or stage that is not guarded moves at once."
      }
    >
      <div className={css.stack}>
        <Section title="Gates">
          <Loaded question={check} what="The gates" lines={6}>
            {(data) => <Gates gates={data.gates} />}
          </Loaded>
        </Section>
        <Section title="Request">
          <form className={css.form} onSubmit={submit}>
            <Select label="What is to move" name="kind" defaultValue="alias">
              <option value="alias">an alias</option>
              {stages.map((stage) => (
                <option key={stage} value={`stage:${stage}`}>
                  the stage {stage}
                </option>
              ))}
            </Select>
            <TextField
              label="Alias"
              name="target"
              list="aliases"
              defaultValue="champion"
              hint="Not looked at when a stage is chosen."
            />
            <datalist id="aliases">
              {Object.keys(known.data?.aliases ?? {}).map((alias) => (
                <option key={alias} value={alias} />
              ))}
            </datalist>
            <TextArea label="Why, kept in the history" name="reason" required rows={3} maxLength={1000} />
            <div>
              <Button type="submit" kind="primary" disabled={request.isPending}>
                Ask for it
              </Button>
            </div>
            {request.error === null ? null : (
              <p role="alert">
                {tell(request.error).message} {tell(request.error).next}
              </p>
            )}
          </form>
        </Section>
      </div>
    </Page>
  );
}
