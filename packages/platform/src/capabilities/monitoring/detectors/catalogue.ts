import { errors } from "../errors.js";
import type { BinDetector, Detector, SampleDetector, StreamDetector } from "./detector.js";

/** Every detector by name, loaded when asked for. A test holds this list against the folder. */
export const detectors = {
  adwin: async () => (await import("./adwin.js")).default,
  "anderson-darling": async () => (await import("./anderson-darling.js")).default,
  "brunner-munzel": async () => (await import("./brunner-munzel.js")).default,
  "chi-square": async () => (await import("./chi-square.js")).default,
  "chi-square-one-sample": async () => (await import("./chi-square-one-sample.js")).default,
  "cramer-von-mises": async () => (await import("./cramer-von-mises.js")).default,
  cusum: async () => (await import("./cusum.js")).default,
  ddm: async () => (await import("./ddm.js")).default,
  eddm: async () => (await import("./eddm.js")).default,
  energy: async () => (await import("./energy.js")).default,
  "epps-singleton": async () => (await import("./epps-singleton.js")).default,
  "fisher-exact": async () => (await import("./fisher-exact.js")).default,
  "g-test": async () => (await import("./g-test.js")).default,
  hellinger: async () => (await import("./hellinger.js")).default,
  "js-distance": async () => (await import("./js-distance.js")).default,
  kl: async () => (await import("./kl.js")).default,
  ks: async () => (await import("./ks.js")).default,
  "ks-on-bins": async () => (await import("./ks-on-bins.js")).default,
  "l-infinity": async () => (await import("./l-infinity.js")).default,
  levene: async () => (await import("./levene.js")).default,
  "mann-whitney": async () => (await import("./mann-whitney.js")).default,
  "page-hinkley": async () => (await import("./page-hinkley.js")).default,
  psi: async () => (await import("./psi.js")).default,
  "student-t": async () => (await import("./student-t.js")).default,
  "total-variation": async () => (await import("./total-variation.js")).default,
  wasserstein: async () => (await import("./wasserstein.js")).default,
  "wasserstein-on-bins": async () => (await import("./wasserstein-on-bins.js")).default,
  "welch-t": async () => (await import("./welch-t.js")).default,
} satisfies Record<string, () => Promise<BinDetector | SampleDetector | StreamDetector>>;

export type DetectorName = keyof typeof detectors;

/** Loads a detector by name. Throws MONITORING_DETECTOR_UNKNOWN. */
export async function loadDetector(name: string): Promise<Detector> {
  const load = (detectors as Record<string, (() => Promise<Detector>) | undefined>)[name];
  if (load === undefined) {
    throw errors.MONITORING_DETECTOR_UNKNOWN({ name, known: Object.keys(detectors).join(", ") });
  }
  return load();
}
