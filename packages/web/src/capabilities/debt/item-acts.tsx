import { borrow, dispute, payItem, proveItem, reopen, writeOff } from "@paydown/api/debt";
import { type FormEvent, useState } from "react";
import { Button } from "#kit/controls/button.jsx";
import { Select, TextArea, TextField } from "#kit/controls/field.jsx";
import { useAction } from "#kit/data/use-operation.js";
import { many, measured, span } from "#kit/numbers/format.js";
import { day } from "#kit/numbers/time.js";
import { Pairs, Section } from "#kit/page/page.jsx";
import { tell } from "#kit/states/failure.jsx";
import css from "./debt.module.css";
import type { ItemReply } from "./item-reply.js";

type Act = "pay" | "prove" | "borrow" | "dispute" | "write-off" | "reopen";

const CLOSED = ["paid", "written-off", "vanished"];

/** What can be done: pay, prove, borrow, dispute, write off. Each asks only for what it needs. */
export function ItemActs({ reply, project }: { readonly reply: ItemReply; readonly project: string }) {
  const { item } = reply;
  const closed = CLOSED.includes(item.state);
  const [act, setAct] = useState<Act | undefined>();
  const offers: [Act, string][] = closed
    ? [["reopen", "Reopen"]]
    : [
        ...(item.fixable ? [["pay", "Pay now"] as [Act, string]] : []),
        ["prove", "I paid it"],
        ["borrow", "Borrow"],
        ["dispute", "Dispute"],
        ["write-off", "Write off"],
      ];
  return (
    <>
      <section className={css.acts} aria-label="Pay">
        <h2>{closed ? item.state : "Pay"}</h2>
        <p className={css.words}>{reply.remedy}</p>
        {reply.advice === undefined ? null : <p className={css.quiet}>Advice: {reply.advice.replaceAll("-", " ")}</p>}
        <div className={css.buttons}>
          {offers.map(([one, label], at) => (
            <Button
              key={one}
              kind={at === 0 && !closed ? "primary" : "plain"}
              aria-pressed={act === one}
              onClick={() => setAct(act === one ? undefined : one)}
            >
              {label}
            </Button>
          ))}
        </div>
        {act === undefined ? null : <ActForm key={act} act={act} item={item.id} project={project} team={item.team} />}
      </section>
      {reply.payments.length === 0 ? null : (
        <Section title="Payments">
          {reply.payments.map((payment) => (
            <Pairs
              key={payment.id}
              of={[
                ["state", payment.state.replaceAll("-", " ")],
                ["how", payment.how],
                ["what", payment.what],
                ["started", day(payment.startedAt)],
                ...(payment.hours === null ? [] : [["hours", measured(payment.hours)] as const]),
                ...(payment.problem === undefined ? [] : [["problem", payment.problem] as const]),
              ]}
            />
          ))}
        </Section>
      )}
      {reply.prudent === undefined ? null : (
        <Section title={item.state === "called" ? "Called prudent debt" : "Prudent debt"}>
          <Pairs
            of={[
              ["reason", reply.prudent.reason],
              ["due", day(reply.prudent.dueAt)],
              ["team", reply.prudent.team],
              ["signed", `${day(reply.prudent.signedAt)}, ${reply.prudent.signedBy}`],
              [
                "principal then",
                `${span(reply.prudent.principalAtSigning.p10, reply.prudent.principalAtSigning.p90)} h`,
              ],
              ["renewals", String(reply.prudent.renewals)],
              ...(reply.prudent.calledBecause === undefined
                ? []
                : [["called because", reply.prudent.calledBecause] as const]),
            ]}
          />
        </Section>
      )}
      <Section title="Cost since it was opened">
        <p>
          {span(reply.costSoFar.p10, reply.costSoFar.p90)} h from {many(reply.costSoFar.n, "event")}
        </p>
      </Section>
    </>
  );
}

function ActForm({ act, item, project, team }: { act: Act; item: string; project: string; team: string | null }) {
  const actions = {
    pay: useAction(payItem),
    prove: useAction(proveItem),
    borrow: useAction(borrow),
    dispute: useAction(dispute),
    "write-off": useAction(writeOff),
    reopen: useAction(reopen),
  };
  const state = actions[act];
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "");
    const hours = Number(text("hours"));
    const inItem = { project, item };
    if (act === "pay") actions.pay.mutate(inItem);
    if (act === "prove") actions.prove.mutate({ ...inItem, what: text("reason"), ...(hours > 0 ? { hours } : {}) });
    if (act === "borrow")
      actions.borrow.mutate({
        ...inItem,
        reason: text("reason"),
        team: text("team"),
        ...(text("due") === "" ? {} : { dueAt: Date.parse(text("due")) }),
      });
    if (act === "dispute")
      actions.dispute.mutate({
        ...inItem,
        about: text("about") === "price" ? "price" : "existence",
        reason: text("reason"),
        ...(hours > 0 ? { hours } : {}),
      });
    if (act === "write-off") actions["write-off"].mutate({ ...inItem, reason: text("reason") });
    if (act === "reopen") actions.reopen.mutate({ ...inItem, reason: text("reason") });
  }
  return (
    <form onSubmit={submit}>
      {act === "pay" ? (
        <p className={css.quiet}>
          Makes the repair as a reviewable patch and re-checks the rule. Nothing is merged for you.
        </p>
      ) : (
        <TextArea label={act === "prove" ? "What was done" : "Reason"} name="reason" required />
      )}
      {act === "dispute" ? (
        <Select label="Disputed" name="about">
          <option value="existence">that it exists</option>
          <option value="price">its price</option>
        </Select>
      ) : null}
      {act === "prove" || act === "dispute" ? (
        <TextField
          label={act === "prove" ? "Hours it took" : "Right price, hours"}
          name="hours"
          type="number"
          min="0"
          step="any"
        />
      ) : null}
      {act === "borrow" ? (
        <>
          <TextField label="Team that answers for it" name="team" defaultValue={team ?? ""} required />
          <TextField label="Due" name="due" type="date" hint="90 days when left empty" />
        </>
      ) : null}
      <div className={css.buttons}>
        <Button type="submit" kind={act === "write-off" ? "danger" : "primary"} disabled={state.isPending}>
          {state.isPending ? "Working" : LABEL[act]}
        </Button>
      </div>
      <p role="status">
        {state.error === null
          ? state.isSuccess
            ? "Recorded."
            : ""
          : `${tell(state.error).message} ${tell(state.error).next}`}
      </p>
    </form>
  );
}

const LABEL: Record<Act, string> = {
  pay: "Pay and re-check",
  prove: "Record and re-check",
  borrow: "Sign",
  dispute: "Dispute",
  "write-off": "Write off",
  reopen: "Reopen",
};
