import { getItem } from "@paydown/api/debt";
import { CopyId } from "#kit/controls/copy.jsx";
import { Severity, Tag } from "#kit/controls/mark.jsx";
import { openTab, Tabs } from "#kit/controls/tabs.jsx";
import { useOperation } from "#kit/data/use-operation.js";
import { Why } from "#kit/derivation/derivation.jsx";
import { Neighbourhood } from "#kit/graph/neighbourhood.jsx";
import { useKeys } from "#kit/keys.js";
import { many, measured, span } from "#kit/numbers/format.js";
import { day } from "#kit/numbers/time.js";
import { Fact, Facts, Page, Section, Split } from "#kit/page/page.jsx";
import { QuantileDots } from "#kit/ranges/quantile-dots.jsx";
import { RangeCell, RangeText } from "#kit/ranges/range-cell.jsx";
import { logScale } from "#kit/ranges/scale.js";
import { Loaded } from "#kit/states/loaded.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import { Go } from "#routes/link.jsx";
import { nodePath } from "#routes/paths.js";
import { usePathPart, useProject, useSearchFields, useSetSearch } from "#routes/use-place.js";
import css from "./debt.module.css";
import { ItemActs } from "./item-acts.jsx";
import { Events, Evidence, History } from "./item-evidence.jsx";
import type { ItemReply } from "./item-reply.js";
import { ItemWhy } from "./item-why.jsx";
import { ReachText } from "./reach-text.jsx";

/** One debt item: what it costs and how we know, what paying it takes, and what was done. */
export function Screen() {
  const project = useProject();
  const id = usePathPart("item");
  const question = useOperation(getItem, { project, item: id });
  const search = useSearchFields();
  const set = useSetSearch();
  useKeys({ e: () => set({ tab: "evidence" }) });
  const reply = question.data;
  const tabs = [
    { id: "overview", label: "Overview" },
    { id: "evidence", label: "Evidence", count: reply?.eventsTotal },
    { id: "lineage", label: "Lineage" },
    { id: "history", label: "History", count: reply?.history.length },
  ];
  const open = openTab(tabs, search.tab);
  return (
    <Page
      title={reply === undefined ? "Debt item" : reply.item.slug}
      heading={reply?.item.message ?? "Debt item"}
      meta={reply === undefined ? undefined : <Meta reply={reply} project={project} />}
      lede={reply?.summary}
    >
      <Loaded question={question} what="The item" lines={12}>
        {(data) => (
          <div className={css.stack}>
            <Tabs label="Sections of the item" tabs={tabs} />
            {open === "overview" ? <Overview reply={data} project={project} /> : null}
            {open === "evidence" ? <Evidence reply={data} project={project} /> : null}
            {open === "lineage" ? <Neighbourhood project={project} node={data.item.asset} /> : null}
            {open === "history" ? <History reply={data} /> : null}
            <ItemWhy project={project} item={id} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Meta({ reply, project }: { reply: ItemReply; project: string }) {
  const { item } = reply;
  return (
    <>
      <Severity of={item.severity} />
      <span>{item.state}</span>
      <span>
        {item.rule} {item.slug}
      </span>
      <Go to={nodePath(project, item.asset)}>
        {item.asset.kind.replaceAll("-", " ")} {item.asset.id}
      </Go>
      {item.place === undefined ? null : <code>{item.place}</code>}
      <span>{item.team ?? "no owner team"}</span>
      <span>opened {day(item.openedAt)}</span>
      <Tag>{item.confidence} confidence</Tag>
      <CopyId id={item.id} label="item" />
    </>
  );
}

function InterestDots({ of }: { of: NonNullable<ItemReply["price"]["interest"]> }) {
  if (of.p90 <= 0) return <p className={css.quiet}>No hours were lost to it so far, in what the evidence covers.</p>;
  return <QuantileDots of={of} label="interest" unit="h/wk" />;
}

function Overview({ reply, project }: { reply: ItemReply; project: string }) {
  const { item, price, numbers, conservation } = reply;
  const scale = logScale(reply.channels.flatMap((channel) => [channel.charged, channel.measured]));
  return (
    <Split aside={<ItemActs reply={reply} project={project} />}>
      <Facts>
        <Fact label="Impact" note="h a week freed by paying">
          {numbers.impact === null ? (
            <Unknown />
          ) : (
            <Why of="interest">{span(numbers.impact.p10, numbers.impact.p90)}</Why>
          )}
        </Fact>
        <Fact label="Severity" note={item.dueAt === undefined ? "no deadline" : `due ${day(item.dueAt)}`}>
          <Severity of={numbers.severity} />
        </Fact>
        <Fact label="Cost of delay" note="h in 26 weeks">
          {numbers.delay === null ? <Unknown /> : <Why of="delay">{span(numbers.delay.p10, numbers.delay.p90)}</Why>}
        </Fact>
        <Fact label="Reach" note="downstream">
          {numbers.reach === null ? (
            <Unknown />
          ) : (
            <Why of="reach">
              <ReachText of={numbers.reach} />
            </Why>
          )}
        </Fact>
      </Facts>
      <div className={css.four}>
        <Section
          title="Interest"
          note={
            price.interest === null ? undefined : (
              <Why of="interest">
                <RangeText of={price.interest} unit={`h/wk, n=${price.interest.n}`} />
              </Why>
            )
          }
        >
          {price.interest === null ? (
            <Unknown remedy="no evidence channel reports on this asset">nothing could be measured</Unknown>
          ) : (
            <InterestDots of={price.interest} />
          )}
        </Section>
        <Section
          title="Principal"
          note={
            <Why of="principal">
              <RangeText of={price.principal} unit={`h, n=${price.principal.n}`} />
            </Why>
          }
        >
          <QuantileDots of={price.principal} label="principal" unit="h" />
        </Section>
      </div>
      <Section title="Charged by channel" note="hours a week; hollow: prior only, no event yet">
        {reply.channels.length === 0 ? (
          <p className={css.quiet}>No channel charges this item.</p>
        ) : (
          reply.channels.map((channel) => (
            <div key={channel.channel} className={css.charge}>
              <span>{channel.channel.replaceAll("-", " ")}</span>
              <RangeCell
                of={channel.prior ? { ...channel.charged, n: 0 } : channel.charged}
                scale={scale}
                unit="h/wk"
              />
              <span className={css.quiet}>
                share {channel.phi.toFixed(2)} of {measured(channel.measured.p50)} h measured
                {channel.items > 1 ? `, with ${many(channel.items - 1, "other item")}` : ""}
              </span>
            </div>
          ))
        )}
        <p className={css.quiet}>
          {conservation.items === 1 ? "This item is" : `These ${conservation.items} items are`} charged{" "}
          {measured(conservation.charged.p50)} of the {measured(conservation.measured.p50)} h a week measured on this
          asset; {measured(conservation.unattributed.p50)} is not attributed.
        </p>
      </Section>
      <Section title="Dearest events" note={many(reply.eventsTotal, "event")}>
        <Events events={reply.events.slice(0, 8)} />
      </Section>
      <Section title="Why it is debt" note={reply.origin}>
        <p className={css.words}>{reply.why}</p>
      </Section>
    </Split>
  );
}
