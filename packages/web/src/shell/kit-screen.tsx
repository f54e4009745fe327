import { useState } from "react";
import { Histogram } from "#kit/charts/histogram.jsx";
import { type LineSeries, Lines } from "#kit/charts/lines.jsx";
import { Sparkline } from "#kit/charts/sparkline.jsx";
import { Button, ButtonGroup, IconButton } from "#kit/controls/button.jsx";
import { CopyId } from "#kit/controls/copy.jsx";
import { Select, TextArea, TextField } from "#kit/controls/field.jsx";
import { FilterBar } from "#kit/controls/filter-bar.jsx";
import { Answer, RunState, Severity, Tag } from "#kit/controls/mark.jsx";
import { Tabs } from "#kit/controls/tabs.jsx";
import { Columns, Fact, Facts, Fold, Page, Pairs, Section } from "#kit/page/page.jsx";
import { QuantileDots } from "#kit/ranges/quantile-dots.jsx";
import { ScoreBar } from "#kit/ranges/score-bar.jsx";
import { Empty, TooMuch } from "#kit/states/empty.jsx";
import { Failure } from "#kit/states/failure.jsx";
import { Loaded, Skeleton } from "#kit/states/loaded.jsx";
import { NotSeen, Unknown } from "#kit/states/unknown.jsx";
import type { Column } from "#kit/table/columns.js";
import { BulkBar, Table } from "#kit/table/table.jsx";

/** Every part of the kit in every state, for eyes and for the browser suite. It is no page of the product. */
export function Screen() {
  return (
    <Page title="Kit" lede="Every component in every state, in the theme you are in." meta={<Tag>development</Tag>}>
      <Controls />
      <States />
      <Tables />
      <Charts />
      <Ranges />
    </Page>
  );
}

function Controls() {
  const [text, setText] = useState("metrics.auc > 0.7 AND nonsense");
  return (
    <Section title="Controls">
      <ButtonGroup label="Kinds of button">
        <Button aria-pressed>pressed</Button>
        <Button aria-pressed={false}>not pressed</Button>
        <Button disabled>disabled</Button>
      </ButtonGroup>
      <Columns>
        <Button kind="primary">Primary</Button>
        <Button kind="quiet">Quiet</Button>
        <Button kind="danger">Danger</Button>
        <IconButton label="An icon">×</IconButton>
      </Columns>
      <Columns>
        <TextField label="A field" hint="With a hint" defaultValue="text" />
        <TextField label="Disabled" disabled defaultValue="text" />
        <Select label="A choice" defaultValue="a">
          <option value="a">a</option>
        </Select>
        <TextArea label="Longer text" defaultValue={"two\nlines"} />
      </Columns>
      <FilterBar
        label="Filter"
        placeholder="metrics.auc > 0.7"
        value={text}
        onChange={setText}
        words={["metrics.auc", "metrics.loss"]}
        error={text.includes("nonsense") ? "Invalid clause(s) in filter string: 'nonsense'" : undefined}
        errorAt={text.includes("nonsense") ? text.indexOf("nonsense") : undefined}
        facets={[{ field: "state", label: "State", values: [{ value: "open", count: 12 }, { value: "paid" }] }]}
      />
      <Tabs
        label="Sections of the kit"
        tabs={[
          { id: "one", label: "One", count: 3 },
          { id: "two", label: "Two" },
        ]}
      />
      <Columns>
        {["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"].map((state) => (
          <RunState key={state} of={state} />
        ))}
        {["SEV0", "SEV1", "SEV2", "SEV3"].map((severity) => (
          <Severity key={severity} of={severity} />
        ))}
        {(["yes", "no", "unknown"] as const).map((answer) => (
          <Answer key={answer} of={answer} />
        ))}
        <CopyId id="0123456789abcdef" label="run" />
      </Columns>
    </Section>
  );
}

const PENDING = { data: undefined, error: null, isPending: true, refetch: () => undefined };

function States() {
  return (
    <Section title="States">
      <Empty title="Nothing here yet" command="paydown scan .">
        One sentence, and the command that fills it.
      </Empty>
      <Skeleton lines={3} />
      <Loaded question={PENDING} what="Something" lines={2}>
        {() => null}
      </Loaded>
      <Failure error={new TypeError("fetch failed")} what="The runs" retry={() => undefined} />
      <Failure error={new RangeError("The file was answered with 500.")} what="The file" />
      <TooMuch>The first 200 of 100 000 by val_auc; 41 columns are constant and folded.</TooMuch>
      <Unknown remedy="mlflow.log_input(dataset)">data not logged</Unknown>
      <NotSeen sources={[{ what: "serving logs", remedy: "send predictions" }]} />
      <Fold title="Folded" open>
        <Pairs
          of={[
            ["name", "value"],
            ["a long name that goes on and on", "x".repeat(120)],
          ]}
        />
      </Fold>
      <Facts>
        <Fact label="interest" note="n=38">
          6–15 h/week
        </Fact>
      </Facts>
    </Section>
  );
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly value: number;
}

const NAMES = ["ordinary", "x".repeat(250), "🦆 emoji", "ריצה מימין לשמאל", "<script>alert(1)</script>", "名前"];
const rowsOf = (count: number): Row[] =>
  Array.from({ length: count }, (_, at) => ({
    id: `${at}`,
    name: `${NAMES[at % NAMES.length]} ${at}`,
    value: at % 7 === 3 ? Number.NaN : Math.sin(at),
  }));

function columnsOf(count: number): Column<Row>[] {
  return [
    { id: "name", header: "name", width: 240, head: true, sort: "name", cell: (row) => <bdi>{row.name}</bdi> },
    ...Array.from(
      { length: count },
      (_, at): Column<Row> => ({
        id: `c${at}`,
        header: at === 1 ? "k".repeat(120) : `column ${at}`,
        unit: "s",
        width: 120,
        align: "right",
        sort: `c${at}`,
        ...(at === 0 ? { under: <Histogram counts={[1, 5, 9, 4]} label="spread" width={92} height={22} /> } : {}),
        cell: (row) => (Number.isNaN(row.value) ? "not a number" : (row.value * (at + 1)).toFixed(3)),
      }),
    ),
  ];
}

function Tables() {
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set(["1"]));
  return (
    <Section title="Tables">
      <Table
        label="A short table"
        rows={rowsOf(6)}
        columns={columnsOf(3)}
        rowKey={(row) => row.id}
        sort="-c0"
        onSort={() => undefined}
      />
      <Table
        label="A long and wide table"
        rows={rowsOf(5000)}
        columns={columnsOf(200)}
        rowKey={(row) => row.id}
        total={100_000}
        more={() => undefined}
        loading
        picked={picked}
        onPick={setPicked}
      />
      <BulkBar picked={picked.size} onClear={() => setPicked(new Set())}>
        <Button kind="primary">Compare</Button>
      </BulkBar>
    </Section>
  );
}

function curve(seed: number, length = 400): { x: number[]; y: (number | null)[] } {
  const x = Array.from({ length }, (_, at) => at);
  const y = x.map((at) =>
    at % 90 === 40 ? null : 1 - Math.exp(-at / (60 + seed * 9)) + Math.sin(at * (seed + 3)) * 0.03,
  );
  return { x, y };
}

/** The mean of each value and the thirty before it, as smoothing looks. */
function calmed(y: LineSeries["y"]): (number | null)[] {
  return y.map((value, at) => {
    const before = y.slice(Math.max(0, at - 30), at + 1).filter((one) => one != null);
    return value == null ? null : before.reduce((sum, one) => sum + one, 0) / before.length;
  });
}

function Charts() {
  const few = [0, 1, 2].map((seed): LineSeries => ({ id: `${seed}`, name: `run ${seed}`, ...curve(seed) }));
  const calm = few.map((one): LineSeries => ({ ...one, y: calmed(one.y), raw: one.y }));
  const middle = curve(3);
  const band: LineSeries[] = [
    {
      id: "median",
      name: "median of 40, band P10 to P90",
      ...middle,
      low: middle.y.map((value) => (value === null ? null : value - 0.1)),
      high: middle.y.map((value) => (value === null ? null : value + 0.08)),
      style: "quiet",
    },
    { id: "pinned", name: "pinned", ...curve(5), style: 1 },
  ];
  const odd: LineSeries[] = [{ id: "spike", name: "spike", x: [1, 10, 100, 1000], y: [1, 2, 4000, 3] }];
  return (
    <Section title="Charts">
      <Lines title="Three runs" xLabel="step" series={few} />
      <Lines title="Smoothed, what was measured behind" xLabel="step" series={calm} />
      <Lines title="Forty runs and a pinned one" xLabel="step" series={band} />
      <Lines title="Logarithmic both ways" xLabel="step" series={odd} log logX />
      <Lines title="Clipped" xLabel="step" series={[{ ...odd[0], ...curve(1), id: "c", name: "c" }]} clip />
      <Lines title="A single point" xLabel="step" series={[{ id: "p", name: "p", x: [0], y: [0.5] }]} />
      <Lines title="Nothing to draw" xLabel="step" series={[]} />
      <Sparkline values={[1, 3, null, 2, 5]} label="a sparkline" />
      <Histogram counts={[1, 4, 9, 2]} reference={[2, 5, 6, 1]} label="a histogram" />
    </Section>
  );
}

function Ranges() {
  const range = { p10: 1, p50: 2, p90: 6, n: 4 };
  return (
    <Section title="Ranges">
      <QuantileDots of={range} label="interest" unit="h/week" />
      <ScoreBar low={1.5} high={4} max={28} edges={[5, 12]} label="ML Test Score" />
    </Section>
  );
}
