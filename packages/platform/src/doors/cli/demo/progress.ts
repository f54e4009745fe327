import { SingleBar } from "cli-progress";
import { stopwatch } from "#base/clock.js";
import type { Io } from "../io.js";

export interface Progress {
  /** Share done, 0 to 1, and what is being done. */
  update(share: number, doing: string): void;
}

export interface Steps {
  /** Runs one step of the story: a bar on a terminal, one line each elsewhere. Answers what `work` answers. */
  step<R>(title: string, work: (progress: Progress) => Promise<R>): Promise<R>;
  /** A line of the story that stays on the screen. */
  say(text: string): void;
}

/** Tells the story as it happens, on stderr so that stdout stays for what the demo answers. */
export function tellOn(io: Io, total: number): Steps {
  let n = 0;
  return {
    async step(title, work) {
      n++;
      const name = `${String(n).padStart(2)}/${total} ${title}`;
      const elapsed = stopwatch();
      if (!io.terminal) {
        const answer = await work({ update: () => undefined });
        io.err(`${name} (${seconds(elapsed())})\n`);
        return answer;
      }
      const bar = new SingleBar({
        format: `${name.padEnd(34)} {bar} {percentage} % {doing}`,
        barsize: 24,
        hideCursor: true,
        clearOnComplete: true,
        linewrap: false,
        etaBuffer: 1,
      });
      bar.start(100, 0, { doing: "" });
      try {
        return await work({ update: (share, doing) => bar.update(Math.round(share * 100), { doing }) });
      } finally {
        bar.stop();
        io.err(`${name} (${seconds(elapsed())})\n`);
      }
    },
    say: (text) => io.err(`      ${text}\n`),
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
