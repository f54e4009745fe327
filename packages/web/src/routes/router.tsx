import { createLazyRoute, createRootRoute, createRoute, createRouter } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Skeleton } from "#kit/states/loaded.jsx";
import { Broken } from "#shell/broken.jsx";
import { Lost } from "#shell/lost.jsx";
import { Shell } from "#shell/shell.jsx";
import { parseSearch, type Search, stringifySearch } from "./search.js";

type Screen = () => Promise<{ Screen: () => ReactNode }>;

/** Every place and the file that draws it. A screen is loaded when its place is first visited, or hovered. */
const screens: Record<string, Screen> = {
  "/": () => import("#capabilities/debt/portfolio-screen.jsx"),
  "/p/$project": () => import("#capabilities/debt/statement-screen.jsx"),
  "/p/$project/ledger": () => import("#capabilities/debt/ledger-screen.jsx"),
  "/p/$project/ledger/$item": () => import("#capabilities/debt/item-screen.jsx"),
  "/p/$project/plan": () => import("#capabilities/debt/plan-screen.jsx"),
  "/p/$project/prudent": () => import("#capabilities/debt/prudent-screen.jsx"),
  "/p/$project/experiments": () => import("#capabilities/tracking/experiments-screen.jsx"),
  "/p/$project/experiments/$experiment": () => import("#capabilities/tracking/runs-screen.jsx"),
  "/p/$project/experiments/$experiment/records": () => import("#capabilities/tracking/experiment-records-screen.jsx"),
  "/p/$project/runs/$run": () => import("#capabilities/tracking/run-screen.jsx"),
  "/p/$project/compare": () => import("#capabilities/tracking/compare-screen.jsx"),
  "/p/$project/storage": () => import("#capabilities/tracking/storage-screen.jsx"),
  "/p/$project/models": () => import("#capabilities/registry/models-screen.jsx"),
  "/p/$project/models/$model": () => import("#capabilities/registry/model-screen.jsx"),
  "/p/$project/models/$model/$version": () => import("#capabilities/registry/version-screen.jsx"),
  "/p/$project/models/$model/$version/promote": () => import("#capabilities/registry/promote-screen.jsx"),
  "/p/$project/logged-models/$loggedModel": () => import("#capabilities/registry/logged-model-screen.jsx"),
  "/p/$project/promotions": () => import("#capabilities/registry/promotions-screen.jsx"),
  "/p/$project/promotions/$promotion": () => import("#capabilities/registry/promotion-screen.jsx"),
  "/p/$project/promotion-policy": () => import("#capabilities/registry/policy-screen.jsx"),
  "/p/$project/datasets": () => import("#capabilities/data/datasets-screen.jsx"),
  "/p/$project/datasets/$dataset": () => import("#capabilities/data/dataset-screen.jsx"),
  "/p/$project/deployments": () => import("#capabilities/serving/deployments-screen.jsx"),
  "/p/$project/deployments/$deployment": () => import("#capabilities/serving/deployment-screen.jsx"),
  "/p/$project/predictions/$request/$row": () => import("#capabilities/serving/prediction-screen.jsx"),
  "/p/$project/monitors": () => import("#capabilities/monitoring/monitors-screen.jsx"),
  "/p/$project/monitors/$monitor": () => import("#capabilities/monitoring/monitor-screen.jsx"),
  "/p/$project/incidents": () => import("#capabilities/monitoring/incidents-screen.jsx"),
  "/p/$project/incidents/$incident": () => import("#capabilities/monitoring/incident-screen.jsx"),
  "/p/$project/lineage": () => import("#capabilities/lineage/lineage-screen.jsx"),
  "/p/$project/inbox": () => import("#capabilities/lineage/inbox-screen.jsx"),
  "/p/$project/scans": () => import("#capabilities/scans/scans-screen.jsx"),
  "/p/$project/scans/$scan": () => import("#capabilities/scans/scan-screen.jsx"),
  "/p/$project/pipelines": () => import("#shell/later-screen.jsx"),
  "/p/$project/features": () => import("#shell/later-screen.jsx"),
  "/p/$project/labels": () => import("#shell/later-screen.jsx"),
  "/p/$project/audit": () => import("#shell/later-screen.jsx"),
  "/settings": () => import("#capabilities/accounts/settings-screen.jsx"),
  "/go": () => import("#shell/go-screen.jsx"),
  // Every component in every state; a build for users has no such page.
  ...(import.meta.env.MODE === "production" ? {} : { "/kit": () => import("#shell/kit-screen.jsx") }),
};

export function createPages() {
  const root = createRootRoute({
    component: Shell,
    notFoundComponent: Lost,
    validateSearch: (search) => search as Search,
  });
  const routes = Object.entries(screens).map(([path, load]) =>
    createRoute({ getParentRoute: () => root, path }).lazy(async () =>
      createLazyRoute(path as never)({ component: (await load()).Screen }),
    ),
  );
  return createRouter({
    routeTree: root.addChildren(routes),
    parseSearch,
    stringifySearch,
    defaultPreload: false,
    defaultPendingMs: 150,
    defaultPendingComponent: () => <Skeleton />,
    defaultErrorComponent: Broken,
    scrollRestoration: true,
  });
}
