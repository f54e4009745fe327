import { dayMs, hourMs, type Window } from "../thresholds/season.js";

/** A signal of an open incident. */
export interface Member {
  readonly signal: string;
  readonly firstEffectAt: number;
  readonly firstAlarmAt: number;
  readonly lastAlarmAt: number;
  readonly windows: number;
  readonly worstEffect: number;
}

/** A signal in alarm in one window. */
export interface Alarm {
  readonly signal: string;
  /** First window of the excursion the evidence grew in. */
  readonly firstEffectAt: number;
  readonly effect: number;
}

/** Silence after which an incident nobody closed is over. */
export function quietPeriod(window: Window): number {
  return window === "hour" ? dayMs : 3 * dayMs;
}

/** Members after a window's alarms: those known are prolonged, new ones join. Windows may come again; each counts once. */
export function join(members: readonly Member[], alarms: readonly Alarm[], at: number): Member[] {
  const joined = new Map(members.map((member) => [member.signal, member]));
  for (const { signal, firstEffectAt, effect } of alarms) {
    const known = joined.get(signal);
    if (known === undefined) {
      joined.set(signal, {
        signal,
        firstEffectAt: Math.min(firstEffectAt, at),
        firstAlarmAt: at,
        lastAlarmAt: at,
        windows: 1,
        worstEffect: effect,
      });
    } else if (at > known.lastAlarmAt) {
      joined.set(signal, {
        ...known,
        lastAlarmAt: at,
        windows: known.windows + 1,
        worstEffect: Math.abs(effect) > Math.abs(known.worstEffect) ? effect : known.worstEffect,
      });
    }
  }
  return [...joined.values()];
}

/** What happened, in one sentence. */
export function titleOf(deployment: string, alarms: readonly Alarm[]): string {
  const worst = [...alarms].sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect))[0];
  if (worst === undefined) return `${deployment} changed`;
  const others = alarms.length === 1 ? "" : ` and ${alarms.length - 1} more`;
  const [kind, subject] = [worst.signal.split(":")[0], worst.signal.slice(worst.signal.indexOf(":") + 1)];
  const words: Record<string, string> = {
    drift: `Input ${subject} of ${deployment} drifted`,
    missing: `Missing values of ${subject} changed at ${deployment}`,
    prediction: `Scores of ${deployment} drifted`,
    volume: `Traffic of ${deployment} changed`,
    quality: `${subject} of ${deployment} got worse`,
    bias: `Scores of ${deployment} no longer match outcomes`,
    association: `${subject} no longer relates to the outcome at ${deployment} as it did`,
  };
  return `${words[kind ?? ""] ?? `${deployment} changed`}${others}`;
}

/** Hours between the first window of the effect and the end of the window it was found in. */
export function detectionLag(firstEffectAt: number, firstAlarmAt: number, window: Window): number {
  return (firstAlarmAt - firstEffectAt + (window === "hour" ? hourMs : dayMs)) / hourMs;
}
