import {
  ConsumerDeclared,
  ConsumerSeen,
  DeploymentCreated,
  DeploymentRetired,
  OutcomesRecorded,
  VersionSwitched,
} from "@paydown/api/serving";
import { type Listener, on } from "#base/capability.js";
import { recorder } from "./recorder.js";

export const servingListeners: readonly Listener[] = [
  on(DeploymentCreated, async (tx, event) => {
    const graph = recorder(tx, event);
    const { deployment, model, version, owner, modelHash } = event.payload;
    const node = graph.node("deployment", deployment, {
      team: owner,
      facts: { modelHash, schema: true, retired: false },
    });
    graph.edge(await graph.modelVersion(model, version), node, "serves");
  }),
  on(VersionSwitched, async (tx, event) => {
    const graph = recorder(tx, event);
    const { deployment, model, version, modelHash } = event.payload;
    const node = graph.node("deployment", deployment, { facts: { modelHash } });
    await graph.endInto(node, "serves");
    graph.edge(await graph.modelVersion(model, version), node, "serves");
  }),
  on(DeploymentRetired, async (tx, event) => {
    const graph = recorder(tx, event);
    const node = graph.node("deployment", event.payload.deployment, { facts: { retired: true } });
    await graph.endInto(node, "serves");
  }),
  on(ConsumerSeen, async (tx, event) => {
    const graph = recorder(tx, event);
    const { deployment, consumer, declared, requestId } = event.payload;
    const facts = declared ? { declared } : { declared, firstRequest: requestId };
    const node = graph.node("consumer", consumer, { facts });
    graph.edge({ kind: "deployment", id: deployment }, node, "read-by");
    await graph.namesakes(consumer);
  }),
  on(ConsumerDeclared, async (tx, event) => {
    const graph = recorder(tx, event);
    const { deployment, consumer, team, purpose } = event.payload;
    const node = graph.node("consumer", consumer, { team, facts: { declared: true, purpose } });
    graph.edge({ kind: "deployment", id: deployment }, node, "read-by", "declared");
    await graph.namesakes(consumer);
  }),
  on(OutcomesRecorded, async (tx, event) => {
    const { deployment, to } = event.payload;
    recorder(tx, event).node("deployment", deployment, { facts: { outcomesUntil: to } });
  }),
];
