import type { ContractState } from "@paydown/api/data";
import type { NodeRef } from "@paydown/api/values";
import type { Ctx } from "#base/context.js";

/** How runs used a dataset, as far as their records say. */
export interface ColumnUse {
  /** Runs that trained on the dataset and say which columns they used. */
  readonly runs: number;
  /** How many of those runs used each column. Columns that none used may be left out. */
  readonly columns: Readonly<Record<string, number>>;
}

export interface Readers {
  readonly declared: readonly NodeRef[];
  readonly undeclared: readonly NodeRef[];
}

/** What data asks of others. A missing or undefined answer is *unknown* on every screen and in every rule. */
export interface DataNeeds {
  columnsUsed?(ctx: Ctx, project: string, dataset: string): Promise<ColumnUse | undefined>;
  readersOf?(ctx: Ctx, project: string, dataset: string): Promise<Readers | undefined>;
  contractOf?(ctx: Ctx, project: string, kind: "source" | "dataset", name: string): Promise<ContractState | undefined>;
  rightsOf?(ctx: Ctx, project: string, dataset: string): Promise<"cleared" | "restricted" | undefined>;
}
