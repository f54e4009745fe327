import * as api from "@paydown/api/data";
import { type Capability, defineCapability, implement, job } from "#base/capability.js";
import { addVersion } from "./actions/add-version.js";
import { createDataset, registerSource, updateDataset } from "./actions/change-catalogue.js";
import { computeProfile, profileJob, requestProfile } from "./actions/profile-version.js";
import { dataErrors } from "./errors.js";
import type { DataNeeds } from "./needs.js";
import { dataRules } from "./rules/index.js";
import { dataMigrations } from "./tables.js";
import {
  viewDataset,
  viewDatasets,
  viewFiles,
  viewSource,
  viewSources,
  viewVersion,
  viewVersions,
} from "./views/catalogue.js";
import { viewDiff } from "./views/diff.js";
import { viewColumn, viewProfile } from "./views/profile.js";

/** Sources, datasets, immutable versions and their profiles. */
export function data(needs: DataNeeds = {}): Capability {
  return defineCapability({
    name: "data",
    migrations: dataMigrations,
    errors: dataErrors.catalogue,
    rules: dataRules(needs),
    jobs: [
      job<{ dataset: string; version: string }>(profileJob, async (ctx, payload, handle) => {
        const { hash, reference } = await computeProfile(ctx, { project: handle.project, ...payload }, (share, doing) =>
          handle.progress(share, doing),
        );
        return { hash, reference };
      }),
    ],
    operations: [
      implement(api.registerSource, async (ctx, input) => {
        await registerSource(ctx, input);
        return viewSource(ctx, needs, input);
      }),
      implement(api.listSources, (ctx, input) => viewSources(ctx, needs, input)),
      implement(api.getSource, (ctx, input) => viewSource(ctx, needs, input)),
      implement(api.createDataset, async (ctx, input) => {
        await createDataset(ctx, input);
        const { items: _items, ...dataset } = await viewDataset(ctx, needs, input);
        return dataset;
      }),
      implement(api.updateDataset, async (ctx, input) => {
        await updateDataset(ctx, input);
        const { items: _items, ...dataset } = await viewDataset(ctx, needs, input);
        return dataset;
      }),
      implement(api.listDatasets, (ctx, input) => viewDatasets(ctx, needs, input)),
      implement(api.getDataset, (ctx, input) => viewDataset(ctx, needs, input)),
      implement(api.listVersions, viewVersions),
      implement(api.addVersion, async (ctx, input) => {
        const { version, created } = await addVersion(ctx, input);
        const { schema: _schema, manifest: _manifest, ...row } = await viewVersion(ctx, { ...input, version });
        return { ...row, created };
      }),
      implement(api.getVersion, viewVersion),
      implement(api.listFiles, viewFiles),
      implement(api.getProfile, (ctx, input) => viewProfile(ctx, needs, input)),
      implement(api.profileVersion, async (ctx, input) => {
        await requestProfile(ctx, input);
        const { schema: _schema, manifest: _manifest, ...row } = await viewVersion(ctx, input);
        return row;
      }),
      implement(api.getColumn, viewColumn),
      implement(api.diffVersions, (ctx, input) => viewDiff(ctx, needs, input)),
    ],
  });
}

export { type AddedVersion, addVersion } from "./actions/add-version.js";
export { type ComputedProfile, computeProfile, type VersionRef } from "./actions/profile-version.js";
export { binnedFeatures, changeOf, jsDistance, psi } from "./model.change.js";
export { decodeProfile, encodeProfile } from "./model.codec.js";
export {
  type ColumnProfile,
  distinctOf,
  fromFacts,
  mergeColumns,
  mergeMoments,
  mergeProfiles,
  type Profile,
  profileValues,
} from "./model.js";
export type { ColumnUse, DataNeeds, Readers } from "./needs.js";
export { viewDataset, viewVersion } from "./views/catalogue.js";
export { objectsNamedByData } from "./views/named-objects.js";
export { viewBinnedFeatures } from "./views/profile.js";
export { viewTable } from "./views/table.js";
