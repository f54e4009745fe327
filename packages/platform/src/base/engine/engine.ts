/** Closed by the data capability's needs; see the README beside this file. */
export interface Engine {
  close(): Promise<void>;
}
