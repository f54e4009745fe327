/** placeholder replaced below */
export interface Requirement {
  /** Normalised as PEP 503. */
  readonly name: string;
  readonly raw: string;
  readonly specifier: string;
  readonly pin: "exact" | "bounded" | "lower" | "none" | "direct";
  readonly group: string;
  readonly line: number;
}
export interface Manifest {
  readonly path: string;
  readonly kind: "requirements" | "pyproject" | "setup.py" | "setup.cfg" | "environment" | "pipfile" | "lock";
  readonly requirements: readonly Requirement[];
  /** The distribution the manifest itself builds. */
  readonly project?: string;
}
export async function readManifests(..._: unknown[]): Promise<Manifest[]> { return []; }
