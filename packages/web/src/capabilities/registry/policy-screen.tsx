import {
  type GateMode,
  type GateName,
  getPromotionPolicy,
  type PolicySettings,
  type PromotionPolicy,
  setPromotionPolicy,
  setTier,
  type Tier,
} from "@paydown/api/registry";
import type { FormEvent } from "react";
import { Button } from "#kit/controls/button.jsx";
import { Select, TextField } from "#kit/controls/field.jsx";
import { Tag } from "#kit/controls/mark.jsx";
import { useAction, useOperation } from "#kit/data/use-operation.js";
import { Page, Pairs, Section } from "#kit/page/page.jsx";
import { tell } from "#kit/states/failure.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useField, useProject } from "#routes/use-place.js";
import css from "./registry.module.css";

const gates = [
  "data",
  "code",
  "config",
  "environment",
  "signature",
  "example",
  "card",
  "evaluation",
  "scan",
  "licence",
] as const satisfies readonly GateName[];
const modes = ["off", "finding", "refuse"] as const satisfies readonly GateMode[];
const strictness = ["allow", "finding", "refuse"] as const;
const stages = ["Staging", "Production", "Archived"] as const;
const tiers = ["critical", "important", "standard"] as const satisfies readonly Tier[];

/** What a promotion asks for, in the project or for one model, and where each setting comes from. */
export function Screen() {
  const project = useProject();
  const [model] = useField("model");
  const question = useOperation(getPromotionPolicy, { project, ...(model === undefined ? {} : { model }) });
  return (
    <Page
      title={model === undefined ? "Promotion policy" : `Promotion policy of ${model}`}
      meta={
        model === undefined ? (
          <Go to={paths.promotions(project)}>requests</Go>
        ) : (
          <>
            <Go to={paths.model(project, model)}>{model}</Go>
            <Go to={paths.policy(project)}>the project's policy</Go>
          </>
        )
      }
      lede={question.data === undefined ? undefined : sentence(question.data)}
    >
      <Loaded question={question} what="The policy" lines={8}>
        {(policy) => (
          <div className={css.stack}>
            {model === undefined ? null : <Criticality project={project} model={model} tier={policy.tier} />}
            <Section title="What holds">
              <Pairs of={effective(policy)} />
            </Section>
            <Edit
              key={model ?? ""}
              project={project}
              model={model}
              own={model === undefined ? policy.project : policy.own}
            />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function sentence({ effective: { aliases, stages: guarded, direct } }: PromotionPolicy): string {
  const names = [...aliases.map((alias) => `alias ${alias}`), ...guarded.map((stage) => `stage ${stage}`)];
  if (names.length === 0)
    return "Nothing is guarded: any editor may move any alias or stage, and the history keeps who and why.";
  const past =
    direct === "refuse" ? "is refused" : direct === "finding" ? "is allowed and written down as debt" : "is allowed";
  return `Guarded: ${names.join(", ")}. A change past the policy ${past}.`;
}

function effective({ effective: now, origins }: PromotionPolicy): [string, React.ReactNode][] {
  const line = (name: string, key: string, text: string): [string, React.ReactNode] => [
    name,
    <span key={key} className={css.name}>
      {text}
      <Tag>{origins[key] ?? "default"}</Tag>
    </span>,
  ];
  return [
    line("approvals", "approvals", `${now.approvals}${now.fourEyes ? ", not by who asks" : ""}`),
    line("a version without data version", "unversionedData", now.unversionedData),
    line("evaluations are stale after", "evaluationMaxAgeDays", `${now.evaluationMaxAgeDays} days`),
    ...gates.map((gate) => line(gate, `gates.${gate}`, now.gates[gate] ?? "off")),
  ];
}

function Criticality({ project, model, tier }: { project: string; model: string; tier: Tier | undefined }) {
  const save = useAction(setTier);
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const chosen = tiers.find((one) => one === form.get("tier"));
    if (chosen !== undefined) save.mutate({ project, model, tier: chosen, reason: String(form.get("reason")) });
  }
  return (
    <Section title="Criticality" note="raises what its promotions ask for">
      <form className={css.row} onSubmit={submit}>
        <Select label="Tier" name="tier" defaultValue={tier ?? "standard"}>
          {tiers.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </Select>
        <TextField label="Reason" name="reason" required maxLength={1000} />
        <Button type="submit" disabled={save.isPending}>
          Set tier
        </Button>
        <span role="status">
          {save.error !== null ? tell(save.error).message : tier === undefined ? "Not set." : `Now: ${tier}.`}
        </span>
      </form>
    </Section>
  );
}

interface EditProps {
  readonly project: string;
  readonly model: string | undefined;
  readonly own: PolicySettings;
}

/** The settings of one level; an empty choice is inherited. */
function Edit({ project, model, own }: EditProps) {
  const save = useAction(setPromotionPolicy);
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    save.mutate({
      project,
      ...(model === undefined ? {} : { model }),
      settings: toSettings(form),
      ...(form.get("reason") === "" ? {} : { reason: String(form.get("reason")) }),
    });
  }
  return (
    <Section
      title={model === undefined ? "Set for the project" : `Set for ${model}`}
      note={model === undefined ? "empty: the default" : "empty: as the project and the tier say"}
    >
      <form className={css.stack} onSubmit={submit}>
        <div className={css.row}>
          <TextField
            label="Guarded aliases, with spaces between"
            name="aliases"
            defaultValue={own.aliases?.join(" ") ?? ""}
            placeholder="champion production"
          />
          <fieldset className={css.checks}>
            <legend>Guarded stages</legend>
            {stages.map((stage) => (
              <label key={stage}>
                <input
                  type="checkbox"
                  name="stages"
                  value={stage}
                  defaultChecked={own.stages?.includes(stage) ?? false}
                />
                {stage}
              </label>
            ))}
          </fieldset>
        </div>
        <div className={css.row}>
          {gates.map((gate) => (
            <Choice key={gate} label={gate} name={`gate:${gate}`} of={modes} value={own.gates?.[gate]} />
          ))}
        </div>
        <div className={css.row}>
          <TextField
            label="Approvals"
            name="approvals"
            type="number"
            min="0"
            max="10"
            defaultValue={own.approvals ?? ""}
          />
          <Choice
            label="May who asks approve?"
            name="fourEyes"
            of={["no", "yes"]}
            value={own.fourEyes === undefined ? undefined : own.fourEyes ? "no" : "yes"}
          />
          <Choice label="Past the policy" name="direct" of={strictness} value={own.direct} />
          <Choice label="No data version" name="unversionedData" of={strictness} value={own.unversionedData} />
          <TextField
            label="Evaluation stale after days"
            name="age"
            type="number"
            min="1"
            max="3650"
            defaultValue={own.evaluationMaxAgeDays ?? ""}
          />
        </div>
        <div className={css.row}>
          <TextField label="Reason" name="reason" maxLength={1000} />
          <Button type="submit" kind="primary" disabled={save.isPending}>
            Set the policy
          </Button>
          <span role="status">
            {save.error !== null
              ? `${tell(save.error).message} ${tell(save.error).next}`
              : save.isSuccess
                ? "Set."
                : ""}
          </span>
        </div>
      </form>
    </Section>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly name: string;
  readonly of: readonly string[];
  readonly value: string | undefined;
}

function Choice({ label, name, of, value }: ChoiceProps) {
  return (
    <Select label={label} name={name} defaultValue={value ?? ""}>
      <option value="">inherited</option>
      {of.map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </Select>
  );
}

function toSettings(form: FormData): PolicySettings {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const pick = <T extends string>(name: string, of: readonly T[]): T | undefined =>
    of.find((one) => one === text(name));
  const aliases = text("aliases")
    .split(/\s+/)
    .filter((alias) => alias !== "");
  const guarded = stages.filter((stage) => form.getAll("stages").includes(stage));
  const chosen = gates.flatMap((gate) => {
    const mode = pick(`gate:${gate}`, modes);
    return mode === undefined ? [] : [[gate, mode] as const];
  });
  const direct = pick("direct", strictness);
  const unversionedData = pick("unversionedData", strictness);
  const fourEyes = pick("fourEyes", ["yes", "no"]);
  return {
    ...(aliases.length === 0 ? {} : { aliases }),
    ...(guarded.length === 0 ? {} : { stages: guarded }),
    ...(chosen.length === 0 ? {} : { gates: Object.fromEntries(chosen) }),
    ...(text("approvals") === "" ? {} : { approvals: Number(text("approvals")) }),
    ...(fourEyes === undefined ? {} : { fourEyes: fourEyes === "no" }),
    ...(direct === undefined ? {} : { direct }),
    ...(unversionedData === undefined ? {} : { unversionedData }),
    ...(text("age") === "" ? {} : { evaluationMaxAgeDays: Number(text("age")) }),
  };
}
