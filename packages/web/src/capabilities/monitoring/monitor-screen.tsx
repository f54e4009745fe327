import { getMonitor, getSeries, replayMonitor, type Series } from "@paydown/api/monitoring";
import type { Reply } from "@paydown/api/operation";
import { Activity } from "lucide-react";
import { useState } from "react";
import { Sparkline } from "#kit/charts/sparkline.jsx";
import { Button } from "#kit/controls/button.jsx";
import { TextField } from "#kit/controls/field.jsx";
import { Tag } from "#kit/controls/mark.jsx";
import { openTab, Tabs } from "#kit/controls/tabs.jsx";
import { useAction, useOperation } from "#kit/data/use-operation.js";
import { Derivation, Why } from "#kit/derivation/derivation.jsx";
import { When } from "#kit/numbers/figures.jsx";
import { count, delta, many, measured } from "#kit/numbers/format.js";
import { day, fromUrlTime, stamp } from "#kit/numbers/time.js";
import { Page, Pairs, Section } from "#kit/page/page.jsx";
import { paydown } from "#kit/states/command.js";
import { Empty, TooMuch } from "#kit/states/empty.jsx";
import { tell } from "#kit/states/failure.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useField, usePathPart, useProject, useSearchFields } from "#routes/use-place.js";
import { EffectMap } from "./effect-map.jsx";
import css from "./monitoring.module.css";
import { PromiseChart } from "./promise-chart.jsx";
import { VerdictMark } from "./verdict-mark.jsx";

type MonitorReply = Reply<typeof getMonitor>;
type Signal = MonitorReply["signals"][number];

/** A monitor keeps its promise in public: its alarms, the alarms rules of thumb would have raised, and which were real. */
export function Screen() {
  const project = useProject();
  const name = usePathPart("monitor");
  const search = useSearchFields();
  const from = fromUrlTime(search.from);
  const to = fromUrlTime(search.to);
  const window = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  const question = useOperation(getMonitor, { project, name, ...window }, { keep: true });
  const data = question.data;
  const tabs = [
    { id: "overview", label: "Overview" },
    { id: "signals", label: "Signals", count: data?.signals.length },
    { id: "map", label: "Effect by day" },
    { id: "replay", label: "Would have alarmed" },
    { id: "evidence", label: "Evidence" },
  ];
  const open = openTab(tabs, search.tab);
  return (
    <Page
      title={`${name} monitor`}
      heading={name}
      icon={Activity}
      meta={
        data === undefined ? undefined : (
          <>
            <VerdictMark of={data.verdict} why={data.reason} />
            <Go to={paths.deployment(project, data.monitor.deployment)}>{data.monitor.deployment}</Go>
            <span>a window a {data.monitor.window}</span>
            <span>
              evaluated to <When at={data.monitor.evaluatedTo} />
            </span>
            <span>{data.monitor.owner ?? "no owner team"}</span>
            {data.monitor.retiredAt === undefined ? null : <Tag>retired</Tag>}
          </>
        )
      }
      lede={data?.reason}
    >
      <Loaded question={question} what="The monitor" lines={12}>
        {(monitor) => (
          <div className={css.stack}>
            <p className={css.promise}>
              <Why of="alarms">{monitor.alarms.sentence}</Why>
            </p>
            <Tabs label="Sections of the monitor" tabs={tabs} />
            {open === "overview" ? <Overview monitor={monitor} project={project} window={window} /> : null}
            {open === "signals" ? <Signals monitor={monitor} /> : null}
            {open === "map" ? <EffectMap project={project} monitor={name} window={window} /> : null}
            {open === "replay" ? <Replay monitor={monitor} project={project} /> : null}
            {open === "evidence" ? <Evidence monitor={monitor} /> : null}
            <AlarmsWhy monitor={monitor} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Overview({
  monitor,
  project,
  window,
}: {
  monitor: MonitorReply;
  project: string;
  window: { from?: number; to?: number };
}) {
  const [signal] = useField("signal");
  const shown = monitor.signals.find((one) => one.signal === signal) ?? mostTelling(monitor.signals);
  const question = useOperation(
    getSeries,
    { project, name: monitor.monitor.name, ...(shown === undefined ? {} : { signal: shown.signal }), ...window },
    { enabled: shown !== undefined, keep: true },
  );
  if (shown === undefined)
    return (
      <Empty title="No window is evaluated yet" command={paydown(`monitors evaluate ${monitor.monitor.name}`, project)}>
        Windows are evaluated as traffic comes in; the rule learns its season first.
      </Empty>
    );
  return (
    <>
      <Section title={`${shown.subject}, ${shown.kind}`} note={MEANS[shown.kind]}>
        <Loaded question={question} what="The signal" lines={6}>
          {(data) => {
            const series: Series | undefined = data.series[0];
            if (series === undefined || series.points.length === 0) return <Unknown>no window in this time</Unknown>;
            return (
              <>
                <PromiseChart series={series} incidents={data.incidents} project={project} />
                {data.truncated ? <TooMuch>The newest windows only; narrow the time to see older ones.</TooMuch> : null}
              </>
            );
          }}
        </Loaded>
      </Section>
      <Section title="Signals" note="alarm first, then by size of effect; what cannot be seen last">
        <Signals monitor={monitor} />
      </Section>
    </>
  );
}

/** What a reader looks at first when nobody chose: an alarm, else quality where labels came, else what moved most. */
function mostTelling(signals: readonly Signal[]): Signal | undefined {
  const seen = unknownLast(signals);
  return (
    seen.find((one) => one.verdict === "alarm") ??
    seen.find((one) => one.kind === "quality" && one.effect !== null) ??
    seen[0]
  );
}

function unknownLast(signals: readonly Signal[]): Signal[] {
  return [...signals].sort((a, b) => Number(a.verdict === "unknown") - Number(b.verdict === "unknown"));
}

const MEANS: Record<Signal["kind"], string> = {
  drift: "distribution of an input, PSI against the same season",
  missing: "share of empty values",
  prediction: "distribution of scores, PSI",
  volume: "rows a window",
  quality: "metric on rows whose label has arrived",
  bias: "mean score minus mean outcome",
  association: "link between an input and the score",
};

function Signals({ monitor }: { monitor: MonitorReply }) {
  return (
    <Table
      label="Signals"
      rows={unknownLast(monitor.signals)}
      columns={SIGNALS}
      rowKey={(row) => row.signal}
      preview="signal"
      total={monitor.signals.length}
    />
  );
}

const SIGNALS: Column<Signal>[] = [
  { id: "subject", header: "signal", width: 220, head: true, cell: (row) => <SignalName of={row} /> },
  { id: "kind", header: "kind", width: 100, cell: (row) => row.kind },
  { id: "verdict", header: "verdict", width: 110, cell: (row) => <VerdictMark of={row.verdict} /> },
  {
    id: "spark",
    header: "effect",
    width: 120,
    cell: (row) => <Sparkline values={row.sparkline} label={`Effect of ${row.subject}`} />,
  },
  {
    id: "effect",
    header: "now",
    width: 90,
    align: "right",
    cell: (row) => (row.effect === null ? <Unknown /> : delta(row.effect)),
  },
  {
    id: "evidence",
    header: "evidence",
    unit: "of its limit",
    width: 120,
    align: "right",
    cell: (row) => `${measured(row.evidence)} of ${measured(row.evidenceLimit)}`,
  },
  { id: "p", header: "p", width: 90, align: "right", cell: (row) => (row.p === null ? "" : measured(row.p)) },
];

function SignalName({ of }: { of: Signal }) {
  const [, set] = useField("signal");
  return (
    <Button kind="quiet" onClick={() => set(of.signal)}>
      {of.subject}
    </Button>
  );
}

/** Replays a proposed promise over history before anybody saves it. */
function Replay({ monitor, project }: { monitor: MonitorReply; project: string }) {
  const [pages, setPages] = useState(String(monitor.monitor.promise.falsePagesPerWeek));
  const [sigmas, setSigmas] = useState(String(monitor.monitor.promise.shiftInSigmas));
  const replay = useAction(replayMonitor, []);
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        replay.mutate({
          project,
          name: monitor.monitor.name,
          promise: { falsePagesPerWeek: Number(pages), shiftInSigmas: Number(sigmas) },
        });
      }}
    >
      <p className={css.quiet}>Replays another promise over what already happened. Nothing is saved.</p>
      <TextField
        label="False pages a week, at most"
        type="number"
        min="0.01"
        step="any"
        value={pages}
        onChange={(event) => setPages(event.target.value)}
      />
      <TextField
        label="Shift to find soonest, in standard deviations of a window"
        type="number"
        min="0.1"
        max="10"
        step="any"
        value={sigmas}
        onChange={(event) => setSigmas(event.target.value)}
      />
      <div>
        <Button type="submit" kind="primary" disabled={replay.isPending}>
          Replay
        </Button>
      </div>
      <p role="status">
        {replay.error !== null
          ? tell(replay.error).message
          : replay.data === undefined
            ? ""
            : `Over ${many(replay.data.windows, "window")}: ${many(replay.data.pages, "page")} instead of ${count(replay.data.pagesNow)}.`}
      </p>
      {replay.data === undefined ? null : (
        <Pairs
          of={replay.data.alarms
            .slice(0, 20)
            .map(
              (alarm) =>
                [
                  day(alarm.at),
                  `${alarm.signal}${alarm.effect === null ? "" : `, effect ${delta(alarm.effect)}`}`,
                ] as const,
            )}
        />
      )}
    </form>
  );
}

function Evidence({ monitor }: { monitor: MonitorReply }) {
  const { monitor: of } = monitor;
  return (
    <Section title="What the promise rests on">
      <Pairs
        of={[
          [
            "promise",
            `at most ${of.promise.falsePagesPerWeek} false pages a week; tuned for a lasting shift of ${of.promise.shiftInSigmas} sd`,
          ],
          [
            "reference",
            of.reference.dataset === undefined
              ? `counts given by hand, ${many(of.reference.rows, "row")}`
              : `${of.reference.dataset}@${of.reference.version?.slice(0, 7) ?? ""}, ${many(of.reference.rows, "row")}`,
          ],
          ["calibrated on", `${stamp(of.calibration.from)} to ${stamp(of.calibration.to)}`],
          [
            "windows",
            `${count(of.calibration.windowsSeen)} of ${count(of.calibration.windowsWanted)}${of.calibration.complete ? "" : ", still learning"}`,
          ],
          ["rules of thumb beside it", of.naiveRules.join(", ")],
          ["features", of.features.join(", ")],
          ...(of.quality === undefined
            ? []
            : [
                [
                  "quality",
                  `${of.quality.metric}${of.quality.threshold === undefined ? "" : `, bar ${of.quality.threshold}`}, labels after ${of.quality.labelDelayHours ?? 168} h`,
                ] as const,
              ]),
          ["made", `${stamp(of.createdAt)}, ${of.createdBy}`],
        ]}
      />
    </Section>
  );
}

function AlarmsWhy({ monitor }: { monitor: MonitorReply }) {
  const [why] = useField("why");
  const { alarms } = monitor;
  if (why !== "alarms") return null;
  return (
    <Derivation
      id="alarms"
      title="Alarms in this time"
      answer={alarms.sentence}
      formula="The calibrated rule adds up evidence over windows against the same season's spread, and pages when the sum passes a limit chosen so that quiet traffic rarely does. A rule of thumb compares one window with one number."
      inputs={[
        { id: "windows", label: "windows looked at", value: count(alarms.windows) },
        { id: "calibrated", label: "alarms of the calibrated rule", value: count(alarms.calibrated) },
        { id: "incidents", label: "grouped into incidents", value: count(alarms.incidents) },
        { id: "real", label: "closed as real", value: count(alarms.real) },
        { id: "promised", label: "promised, false pages a week", value: measured(alarms.promised.falsePagesPerWeek) },
      ]}
      eventsTitle="windows with an alarm, by rule of thumb"
      events={alarms.naive.map((one) => ({
        id: one.rule,
        label: one.rule,
        value: count(one.windows),
        share: alarms.windows === 0 ? 0 : one.windows / alarms.windows,
      }))}
    />
  );
}
