/** A generated file: path relative to the repository's root, and its whole text. */
export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}
