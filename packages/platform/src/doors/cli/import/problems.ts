/** What could not be taken as it is. `loss` is a difference; `note` is something to know. */
export interface Problem {
  readonly severity: "loss" | "note";
  /** What it is about, e.g. `run 3f2a...`. */
  readonly subject: string;
  readonly text: string;
}

/** Remembers problems, the first of them in full and all of them by number, so that a hostile source costs no memory. */
export class Problems {
  readonly kept: Problem[] = [];
  private counts = { loss: 0, note: 0 };
  private static readonly most = 2000;

  add(severity: Problem["severity"], subject: string, text: string): void {
    this.counts[severity]++;
    if (this.kept.length >= Problems.most) return;
    this.kept.push({ severity, subject: subject.slice(0, 300), text: text.slice(0, 1000) });
  }

  /** Something of the source is not taken. */
  loss(subject: string, text: string): void {
    this.add("loss", subject, text);
  }

  note(subject: string, text: string): void {
    this.add("note", subject, text);
  }

  get losses(): number {
    return this.counts.loss;
  }

  get notes(): number {
    return this.counts.note;
  }
}
