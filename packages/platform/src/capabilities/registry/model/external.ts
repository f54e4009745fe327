import type { ExternalModel } from "@paydown/api/registry";

/** Source of a version that stands for a model hosted elsewhere: `external:<provider>/<name>` and `@<pin>` when it is pinned. */
export function externalSource({ provider, name, pin }: ExternalModel): string {
  return `external:${provider}/${name}${pin === undefined ? "" : `@${pin}`}`;
}

/** Reads such a source, so that MLflow's clients can register one; undefined when it is none. */
export function parseExternal(source: string): ExternalModel | undefined {
  const [, provider, name, pin] =
    /^external:([A-Za-z0-9][A-Za-z0-9._-]{0,99})\/([A-Za-z0-9][A-Za-z0-9._:/-]{0,249})(?:@([A-Za-z0-9._:-]{1,250}))?$/.exec(
      source,
    ) ?? [];
  if (provider === undefined || name === undefined) return undefined;
  return { provider, name, ...(pin === undefined ? {} : { pin }) };
}

/** What should be recorded of an external model, in the words people read. */
export const wantedOfExternal = {
  pin: "version pin",
  promptVersion: "prompt version",
  evaluationSet: "evaluation set",
  fallback: "fallback",
  licence: "licence",
} as const;

export type WantedOfExternal = keyof typeof wantedOfExternal;

export function missingOf(external: ExternalModel): WantedOfExternal[] {
  return (Object.keys(wantedOfExternal) as WantedOfExternal[]).filter((field) => external[field] === undefined);
}
