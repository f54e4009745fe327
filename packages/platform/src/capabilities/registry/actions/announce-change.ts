import { ChangeAnnounced, type WebhookEvent } from "@paydown/api/registry";
import type { Tx } from "#base/db/db.js";
import { promptTag } from "../model/search.js";
import type { KeyValue } from "../model.js";
import { modelDetails } from "../store.js";
import type { ModelRow } from "../tables.js";

/** Tags by which MLflow keeps prompts in the registry; they are told as what they mean, not as tags. */
const promptTypeTag = "_mlflow_prompt_type";
const promptTextTag = "mlflow.prompt.text";

/** Whether tags make a model or version a prompt; of a tag given twice the last counts. */
export function isPrompt(tags: readonly KeyValue[]): boolean {
  return tags.findLast((tag) => tag.key === promptTag)?.value.toLowerCase() === "true";
}

function toMap(tags: readonly KeyValue[]): Record<string, string> {
  return Object.fromEntries(tags.map((tag) => [tag.key, tag.value]));
}

async function isPromptModel(tx: Tx, model: ModelRow): Promise<boolean> {
  const { tags } = await modelDetails(tx, [model.id]);
  return isPrompt(tags);
}

/** Tells that a model, or a prompt, was made. */
export async function announceModel(tx: Tx, model: ModelRow, tags: readonly KeyValue[]): Promise<void> {
  const prompt = isPrompt(tags);
  const { [promptTag]: _is, [promptTypeTag]: _type, ...rest } = toMap(tags);
  await tx.emit(ChangeAnnounced, model.project, {
    event: prompt ? "prompt.created" : "registered_model.created",
    data: { name: model.name, tags: prompt ? rest : toMap(tags), description: model.description ?? "" },
  });
}

/** Tells that a version, of a model or of a prompt, was made. */
export async function announceVersion(
  tx: Tx,
  model: ModelRow,
  version: {
    readonly number: number;
    readonly source: string;
    readonly runId: string | undefined;
    readonly description: string | undefined;
    readonly tags: readonly KeyValue[];
  },
): Promise<void> {
  const tags = toMap(version.tags);
  const of = { name: model.name, version: String(version.number) };
  const description = version.description || null;
  if (!isPrompt(version.tags)) {
    const data = { ...of, source: version.source, run_id: version.runId ?? null, tags, description };
    await tx.emit(ChangeAnnounced, model.project, { event: "model_version.created", data });
    return;
  }
  const { [promptTextTag]: template = null, [promptTag]: _is, [promptTypeTag]: _type, ...rest } = tags;
  const data = { ...of, template, tags: rest, description };
  await tx.emit(ChangeAnnounced, model.project, { event: "prompt_version.created", data });
}

/** Tells of a change of a model that is called otherwise when it is a prompt; without a word for models they are silent. */
export async function announceChange(
  tx: Tx,
  model: ModelRow,
  events: { readonly model?: WebhookEvent; readonly prompt: WebhookEvent },
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  const event = (await isPromptModel(tx, model)) ? events.prompt : events.model;
  if (event === undefined) return;
  await tx.emit(ChangeAnnounced, model.project, { event, data: { name: model.name, ...data } });
}
