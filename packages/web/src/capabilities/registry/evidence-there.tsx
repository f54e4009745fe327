import type { Evidence } from "@paydown/api/tracking";
import { Answer } from "#kit/controls/mark.jsx";
import { Pairs, Section } from "#kit/page/page.jsx";
import css from "./registry.module.css";

/** What proves a version or a logged model: yes, no or unknown, each with what it rests on. */
export function EvidenceThere({ of: evidence }: { of: Readonly<Record<string, Evidence>> }) {
  return (
    <Section title="Is the evidence there?">
      <Pairs
        of={Object.entries(evidence).map(
          ([name, of]) =>
            [
              name,
              <span key={name}>
                <Answer of={of.state} /> <span className={css.quiet}>{of.evidence}</span>
              </span>,
            ] as const,
        )}
      />
    </Section>
  );
}
