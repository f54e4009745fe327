import { Readable } from "node:stream";
import type { Points } from "#capabilities/tracking/index.js";

/** Points of one metric of one run as an answer lists them; `runId` where an answer is about several runs. */
export interface ListedPoints {
  readonly key: string;
  readonly runId?: string;
  readonly points: Points;
}

const inOneChunk = 2000;

/**
 * The answer of a metric's history as JSON text, written as it is read: a million points are never a million objects.
 * An empty list is left out, as protobuf does.
 */
export function streamPoints(lists: readonly ListedPoints[], token?: string, always = false): Readable {
  return Readable.from(chunks(lists, token, always), { objectMode: false, highWaterMark: 1 << 18 });
}

function* chunks(lists: readonly ListedPoints[], token: string | undefined, always: boolean): Generator<string> {
  const any = always || lists.some((one) => one.points.length > 0);
  let text = any ? '{"metrics":[' : "{";
  let separator = "";
  for (const { key, runId, points } of lists) {
    const head = `{"key":${JSON.stringify(key)},"value":`;
    const tail = runId === undefined ? "}" : `,"run_id":${JSON.stringify(runId)}}`;
    const { steps, times, values } = points;
    for (let i = 0; i < points.length; i++) {
      const value = values[i] as number;
      text += `${separator}${head}${Number.isNaN(value) ? '"NaN"' : value},"timestamp":${times[i]},"step":${steps[i]}${tail}`;
      separator = ",";
      if (i % inOneChunk === inOneChunk - 1) {
        yield text;
        text = "";
      }
    }
  }
  if (any) text += "]";
  if (token !== undefined) text += `${any ? "," : ""}"next_page_token":${JSON.stringify(token)}`;
  yield `${text}}`;
}
