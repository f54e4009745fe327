import type { Commit } from "#sources/git.js";

const fixWords =
  /\b(fix(e[sd]|ing|up)?|bug(s|gy|fix(es)?)?|hot-?fix(es)?|regress(ion|ions|ed)?|broke|broken|break(s|age)?|crash(e[sd]|ing)?|error(s)?|fault(s|y)?|incorrect(ly)?|wrong(ly)?|fail(s|ed|ing|ure|ures)?|leak(s|ed|ing)?|workaround(s)?|revert(s|ed|ing)?)\b/i;
const otherWords =
  /\b(docs?|documentation|docstrings?|readme|lint(s|ing|er)?|flake8|ruff|black|isort|format(s|ted|ting)?|typ(o|os|ing|es)|mypy|bump(s|ed)?)\b/i;

/** A repair by its subject: fix words, and no word of documentation, layout, typing or version bumps. */
export function isFix(subject: string): boolean {
  return fixWords.test(subject) && !otherWords.test(subject);
}

export function isBot(commit: Commit): boolean {
  return /\[bot\]|(^|[-_.+])bot@|dependabot|renovate|pre-commit-ci|github-actions/i.test(commit.email);
}

const hour = 3_600_000;

/** Hours of each commit: the gap to the author's previous commit if under two hours (at least 0.1 h), else one hour. */
export function hoursOfCommits(commits: readonly Commit[]): Map<string, number> {
  const last = new Map<string, number>();
  const hours = new Map<string, number>();
  for (const commit of [...commits].sort((a, b) => a.time - b.time)) {
    const before = last.get(commit.email);
    const gap = before === undefined ? Number.POSITIVE_INFINITY : (commit.time - before) / hour;
    hours.set(commit.hash, gap < 2 ? Math.max(0.1, gap) : 1);
    last.set(commit.email, commit.time);
  }
  return hours;
}
