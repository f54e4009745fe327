import type { Problems } from "./problems.js";
import type { SourceDataset, SourceLoggedModel, SourceRun, Text } from "./source.js";

const keyMost = 250;
const valueMost = 1_000_000;
const keyCharacters = /^[/\p{L}\p{N}_.\- :]+$/u;

/** Whether a name of a metric, parameter or tag is one the server takes; a refused one would hold up its whole run. */
export function isKey(key: string): boolean {
  return (
    key.length <= keyMost &&
    keyCharacters.test(key) &&
    !key.startsWith("/") &&
    !key.split("/").some((part) => part === "" || part === "." || part === "..")
  );
}

/** The texts that can be kept; the others are reported. */
export function textsWithin(texts: readonly Text[], what: string, subject: string, problems: Problems): Text[] {
  return texts.filter(({ key, value }) => {
    if (!isKey(key)) {
      problems.loss(
        subject,
        `${what} ${JSON.stringify(key.slice(0, 300))}: its name cannot be kept (${keyMost} letters, digits and _ . - : / at most).`,
      );
      return false;
    }
    if (value.length <= valueMost) return true;
    problems.loss(subject, `${what} ${key}: its ${value.length} characters are more than ${valueMost}.`);
    return false;
  });
}

/** A run without what cannot be kept. */
export function runWithin(run: SourceRun, problems: Problems): SourceRun {
  const subject = `run ${run.id}`;
  return {
    ...run,
    name: cut(run.name, 1000, "name", subject, problems),
    user: cut(run.user, 1000, "user", subject, problems),
    params: textsWithin(run.params, "Parameter", subject, problems),
    tags: textsWithin(run.tags, "Tag", subject, problems),
    inputs: run.inputs.filter((dataset) => datasetWithin(dataset, subject, problems)),
  };
}

export function loggedModelWithin(model: SourceLoggedModel, problems: Problems): SourceLoggedModel {
  const subject = `logged model ${model.id}`;
  return {
    ...model,
    params: textsWithin(model.params, "Parameter", subject, problems),
    tags: textsWithin(model.tags, "Tag", subject, problems),
  };
}

function cut(text: string, most: number, what: string, subject: string, problems: Problems): string {
  if (text.length <= most) return text;
  problems.loss(subject, `Its ${what} of ${text.length} characters is cut at ${most}.`);
  return text.slice(0, most);
}

function datasetWithin(dataset: SourceDataset, subject: string, problems: Problems): boolean {
  const fits =
    dataset.name !== "" &&
    dataset.name.length <= 500 &&
    dataset.digest.length <= 250 &&
    dataset.sourceType.length <= 250 &&
    dataset.source.length <= valueMost &&
    (dataset.schema?.length ?? 0) <= valueMost &&
    (dataset.profile?.length ?? 0) <= 16_777_215 &&
    dataset.tags.every((tag) => tag.key !== "" && tag.key.length <= keyMost && tag.value.length <= valueMost);
  if (!fits)
    problems.loss(
      subject,
      `Dataset input ${dataset.name.slice(0, 300)}: a field of it is empty or too long to be kept.`,
    );
  return fits;
}

/** Splits a list into requests that are bounded in number and in bytes. */
export function* requestsOf<T>(items: readonly T[], most: number, bytes: number): Generator<T[]> {
  let some: T[] = [];
  let size = 0;
  for (const item of items) {
    const own = JSON.stringify(item).length;
    if (some.length > 0 && (some.length >= most || size + own > bytes)) {
      yield some;
      some = [];
      size = 0;
    }
    some.push(item);
    size += own;
  }
  if (some.length > 0) yield some;
}
