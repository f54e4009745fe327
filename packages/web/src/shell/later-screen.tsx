import { useLocation } from "@tanstack/react-router";
import { Page } from "#kit/page/page.jsx";
import { Empty } from "#kit/states/empty.jsx";

const LATER: Record<string, { title: string; what: string; meanwhile: string }> = {
  pipelines: {
    title: "Pipelines",
    what: "Declared pipelines, their runs as Gantt charts, and the debt of steps that are not in any pipeline.",
    meanwhile: "Runs logged by your orchestrator already appear under Experiments, and OpenLineage events in Lineage.",
  },
  features: {
    title: "Features",
    what: "The catalogue of feature views: consumers, last read, cost, and training against serving.",
    meanwhile: "Columns of datasets already have profiles and drift under Datasets.",
  },
  labels: {
    title: "Labels",
    what: "Label sets, tasks worked by keyboard, agreement and suspects.",
    meanwhile: "Label columns are profiled like any other column under Datasets.",
  },
  audit: {
    title: "Audit",
    what: "Audit packs of a model or decision: claims with evidence hashes, waivers, and what is unknown.",
    meanwhile: "Lineage already answers `as of` any moment, and the model page who promoted what, when and why.",
  },
};

/** The entry is there so that the map is whole; its page says what will fill it. */
export function Screen() {
  const noun = useLocation({ select: (location) => location.pathname.split("/").at(-1) ?? "" });
  const later = LATER[noun] ?? { title: "Later", what: "", meanwhile: "" };
  return (
    <Page title={later.title} lede="Not in this version.">
      <Empty title="Comes with a later version">
        {later.what} {later.meanwhile}
      </Empty>
    </Page>
  );
}
