import { pino } from "pino";
import type { Log } from "./log.js";

/** JSON lines on stderr; stdout stays for what commands answer. */
export function pinoLog(level: string): Log {
  return pino({ level, base: null }, pino.destination({ dest: 2, sync: true })) as unknown as Log;
}
