import type { Profile } from "#facts/project.js";

/**
 * What is debt in an application is often right elsewhere: rules that only count in a kind of repository, unless
 * they are selected by name.
 */
const countedIn: Readonly<Record<Profile, ReadonlySet<string>>> = {
  app: new Set(),
  // A library ships code, not models, and what loads a model is its user's business.
  library: new Set(["MLD258"]),
  // Exercises are meant to be run by the student, and every notebook stands alone.
  course: new Set(["MLD258", "MLD308", "MLD504", "MLD701", "MLD953"]),
  // A competition ends; its data come from the host, its environment too.
  competition: new Set(["MLD258", "MLD308", "MLD408", "MLD701", "MLD953"]),
};

export function isCountedIn(profile: Profile, code: string): boolean {
  return countedIn[profile].has(code);
}
