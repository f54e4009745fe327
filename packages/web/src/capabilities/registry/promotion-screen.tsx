import {
  approvePromotion,
  type Gate,
  getPromotion,
  type Promotion,
  rejectPromotion,
  waiveGate,
  withdrawPromotion,
} from "@paydown/api/registry";
import { Boxes } from "lucide-react";
import type { FormEvent } from "react";
import { Button } from "#kit/controls/button.jsx";
import { TextField } from "#kit/controls/field.jsx";
import { Tag } from "#kit/controls/mark.jsx";
import { useAction, useOperation } from "#kit/data/use-operation.js";
import { When } from "#kit/numbers/figures.jsx";
import { many } from "#kit/numbers/format.js";
import { stamp } from "#kit/numbers/time.js";
import { Fold, Page, Section } from "#kit/page/page.jsx";
import { tell } from "#kit/states/failure.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { usePathPart, useProject } from "#routes/use-place.js";
import { Gates } from "./gates.jsx";
import css from "./registry.module.css";

/** One request: what it asks, gate by gate what is missing, who decided what. */
export function Screen() {
  const project = useProject();
  const id = usePathPart("promotion");
  const question = useOperation(getPromotion, { project, promotion: id });
  const one = question.data;
  return (
    <Page
      title={one === undefined ? "Promotion" : `${one.model} v${one.version} to ${one.target.name}`}
      icon={Boxes}
      meta={
        one === undefined ? undefined : (
          <>
            <Tag>{one.state}</Tag>
            <Go to={paths.modelVersion(project, one.model, one.version)}>
              {one.model} v{one.version}
            </Go>
            <span>
              asked <When at={one.requestedAt} /> by {one.requestedBy}
            </span>
            <Go to={paths.promotions(project)}>all requests</Go>
          </>
        )
      }
      lede={one === undefined ? undefined : sentence(one)}
    >
      <Loaded question={question} what="The request" lines={8}>
        {(data) => (
          <div className={css.stack}>
            <p>{data.reason}</p>
            <Section title="Gates" note={data.state === "open" ? "as they are now" : "as they were when it closed"}>
              <Gates
                gates={data.gates}
                {...(data.state === "open"
                  ? { act: (gate: Gate) => <Waive project={project} id={data.id} gate={gate} /> }
                  : {})}
              />
            </Section>
            {data.state === "open" ? <Decide project={project} id={data.id} /> : null}
            <Section title="Decisions" note={`${data.approvals} of ${data.approvalsNeeded} approvals`}>
              {data.decisions.length === 0 ? (
                <p className={css.quiet}>Nobody decided yet.</p>
              ) : (
                <ol className={css.history}>
                  {data.decisions.map((decision) => (
                    <li key={`${decision.by}:${decision.at}`}>
                      <small>{stamp(decision.at)}</small>
                      <span>
                        {decision.decision}: {decision.reason}
                      </span>
                      <small>{decision.by}</small>
                    </li>
                  ))}
                </ol>
              )}
            </Section>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function sentence(one: Promotion): string {
  const where = `${one.target.kind} ${one.target.name}`;
  const before = one.previous === undefined ? "where nothing stood before" : `in place of v${one.previous}`;
  if (one.state === "promoted") return `v${one.version} took over ${where}, ${before}.`;
  if (one.state !== "open") return `The request was ${one.state}; ${where} did not move.`;
  const gaps = one.gates.filter((gate) => gate.blocks).length;
  const lacking = Math.max(0, one.approvalsNeeded - one.approvals);
  const waits = [
    gaps === 0 ? "" : many(gaps, "gate"),
    lacking === 0 ? "" : `${many(lacking, "approval")}${one.fourEyes ? " by somebody else" : ""}`,
  ].filter((part) => part !== "");
  return `v${one.version} is to take over ${where}, ${before}. It waits for ${waits.length === 0 ? "a decision" : waits.join(" and ")}.`;
}

const monthMs = 30 * 86_400_000;

function Waive({ project, id, gate }: { project: string; id: string; gate: Gate }) {
  const waive = useAction(waiveGate);
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    waive.mutate({
      project,
      promotion: id,
      gate: gate.gate,
      reason: String(form.get("reason")),
      dueAt: Date.parse(`${form.get("due")}T00:00:00Z`),
    });
  }
  return (
    <Fold title="Waive it">
      <form className={css.form} onSubmit={submit}>
        <TextField label={`Why the gap in ${gate.gate} is bearable`} name="reason" required maxLength={2000} />
        <TextField
          label="To be closed by"
          name="due"
          type="date"
          required
          defaultValue={new Date(Date.now() + monthMs).toISOString().slice(0, 10)}
        />
        <div>
          <Button type="submit" disabled={waive.isPending}>
            Waive {gate.gate}
          </Button>
        </div>
        {waive.error === null ? null : (
          <p role="alert">
            {tell(waive.error).message} {tell(waive.error).next}
          </p>
        )}
      </form>
    </Fold>
  );
}

const acts = { approve: approvePromotion, reject: rejectPromotion, withdraw: withdrawPromotion } as const;

function Decide({ project, id }: { project: string; id: string }) {
  const approve = useAction(acts.approve, ["registry", "lineage"]);
  const reject = useAction(acts.reject, ["registry"]);
  const withdraw = useAction(acts.withdraw, ["registry"]);
  const all = { approve, reject, withdraw };
  const failure = approve.error ?? reject.error ?? withdraw.error;
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const pressed = (event.nativeEvent as SubmitEvent).submitter?.getAttribute("value");
    const decision = pressed === "reject" || pressed === "withdraw" ? pressed : "approve";
    const reason = String(new FormData(event.currentTarget).get("reason"));
    for (const one of Object.values(all)) one.reset();
    all[decision].mutate({ project, promotion: id, reason });
  }
  return (
    <Section title="Decide" note="with a reason, kept in the history">
      <form className={css.form} onSubmit={submit}>
        <TextField label="Reason" name="reason" required maxLength={1000} />
        <div className={css.tags}>
          <Button type="submit" value="approve" kind="primary">
            Approve
          </Button>
          <Button type="submit" value="reject">
            Reject
          </Button>
          <Button type="submit" value="withdraw">
            Withdraw
          </Button>
        </div>
        {failure === null ? null : (
          <p role="alert">
            {tell(failure).message} {tell(failure).next}
          </p>
        )}
      </form>
    </Section>
  );
}
