import { getScan, listFindings, type StoredFinding } from "@paydown/api/scans";
import { Radar } from "lucide-react";
import { CopyId } from "#kit/controls/copy.jsx";
import { Tag } from "#kit/controls/mark.jsx";
import { useOperation, usePages } from "#kit/data/use-operation.js";
import { When } from "#kit/numbers/figures.jsx";
import { count, many } from "#kit/numbers/format.js";
import { Fact, Facts, Page, Pairs, Section } from "#kit/page/page.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { NotSeen, Unknown } from "#kit/states/unknown.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { usePathPart, useProject } from "#routes/use-place.js";
import css from "./scans.module.css";

/** One scan: what it found, what it only counted, and what it could not look at. */
export function Screen() {
  const project = useProject();
  const id = usePathPart("scan");
  const question = useOperation(getScan, { project, scan: id });
  const data = question.data;
  return (
    <Page
      title={data === undefined ? "Scan" : `Scan of ${data.scan.repository}`}
      icon={Radar}
      meta={
        data === undefined ? undefined : (
          <>
            <When at={data.scan.scannedAt} />
            {data.scan.branch === undefined ? null : <Tag>{data.scan.branch}</Tag>}
            {data.scan.commit === undefined ? null : <CopyId id={data.scan.commit} label="commit" />}
            <span>scanner {data.scan.toolVersion}</span>
          </>
        )
      }
    >
      <Loaded question={question} what="The scan" lines={10}>
        {(reply) => (
          <div className={css.stack}>
            <Facts>
              <Fact label="Findings" note={`${count(reply.scan.added)} new, ${count(reply.scan.gone)} gone`}>
                {count(reply.scan.findings)}
              </Fact>
              <Fact label="Suppressed">{count(reply.scan.suppressed)}</Fact>
              <Fact label="Not seen" note="places">
                {count(reply.scan.unseen)}
              </Fact>
              <Fact
                label="History"
                note={
                  reply.history === null
                    ? "no git history"
                    : `${many(reply.history.fixCommits, "fix")}${reply.history.complete ? "" : "; damaged or partial"}`
                }
              >
                {reply.history === null ? <Unknown /> : many(reply.history.commits, "commit")}
              </Fact>
            </Facts>
            <Findings project={project} repository={reply.scan.repository} />
            {reply.unseen.length === 0 ? null : (
              <Section title="Could not be looked at" note={many(reply.unseen.length, "place")}>
                <NotSeen
                  sources={reply.unseen.map((one) => ({
                    what: `${one.path ?? one.code}${one.line === undefined ? "" : `:${one.line}`}: ${one.message}`,
                    remedy: one.next,
                  }))}
                />
              </Section>
            )}
            <Section title="Counted, not listed">
              <Pairs
                of={reply.counted.map(
                  (one) => [`${one.rule} ${one.slug}`, `${count(one.count)} in ${many(one.files, "file")}`] as const,
                )}
              />
            </Section>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Findings({ project, repository }: { project: string; repository: string }) {
  const pages = usePages(listFindings, { project, repository, limit: 200 });
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section
      title="Findings now present"
      note={pages.data?.pages[0]?.total === undefined ? undefined : count(pages.data.pages[0].total)}
    >
      <Loaded question={{ ...pages, data: pages.data?.pages[0] }} what="The findings">
        {() =>
          rows.length === 0 ? (
            <p className={css.quiet}>None.</p>
          ) : (
            <Table
              label="Findings"
              rows={rows}
              columns={COLUMNS}
              rowKey={(row) => row.fingerprint}
              total={pages.data?.pages[0]?.total}
              more={pages.hasNextPage ? () => void pages.fetchNextPage() : undefined}
              loading={pages.isFetchingNextPage}
            />
          )
        }
      </Loaded>
    </Section>
  );
}

const COLUMNS: Column<StoredFinding>[] = [
  {
    id: "message",
    header: "finding",
    width: 380,
    head: true,
    cell: (row) => (
      <span title={row.message}>
        {row.message}
        {row.isNew ? (
          <>
            {" "}
            <Tag>new</Tag>
          </>
        ) : null}
      </span>
    ),
  },
  {
    id: "rule",
    header: "rule",
    width: 200,
    cell: (row) => (
      <span title={row.slug}>
        {row.rule} {row.slug}
      </span>
    ),
  },
  {
    id: "place",
    header: "place",
    width: 240,
    cell: (row) => (
      <code title={row.path}>
        {row.path}:{row.line}
      </code>
    ),
  },
  { id: "confidence", header: "confidence", width: 90, cell: (row) => row.confidence },
  { id: "principal", header: "principal", unit: "h", width: 226, range: (row) => ({ ...row.principal, n: 0 }) },
  {
    id: "interest",
    header: "interest",
    unit: "h/wk, measured",
    width: 226,
    range: (row) => (row.interest === null ? undefined : { ...row.interest, n: row.interest.events }),
    absent: (row) => <Unknown>{row.interestUnknown ?? "unknown"}</Unknown>,
  },
  { id: "first", header: "first seen", width: 110, cell: (row) => <When at={row.firstSeenAt} /> },
];
