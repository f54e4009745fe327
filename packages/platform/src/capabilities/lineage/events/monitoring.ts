import { AlarmRaised, IncidentClosed, IncidentOpened, WindowEvaluated } from "@paydown/api/monitoring";
import { type Listener, on } from "#base/capability.js";
import { recorder } from "./recorder.js";

export const monitoringListeners: readonly Listener[] = [
  on(WindowEvaluated, async (tx, event) => {
    const graph = recorder(tx, event);
    const { monitor, deployment, to } = event.payload;
    const node = graph.node("monitor", monitor, { facts: { evaluatedUntil: to } });
    graph.edge({ kind: "deployment", id: deployment }, node, "watched-by");
  }),
  on(AlarmRaised, async (tx, event) => {
    const graph = recorder(tx, event);
    const { deployment, incident, signal } = event.payload;
    const node = graph.node("incident", incident, { facts: { lastSignal: signal } });
    graph.edge({ kind: "deployment", id: deployment }, node, "alarmed");
  }),
  on(IncidentOpened, async (tx, event) => {
    const graph = recorder(tx, event);
    const { incident, deployment, title, firstEffectAt, owner } = event.payload;
    const node = graph.node("incident", incident, {
      name: title,
      team: owner,
      facts: { firstEffectAt, open: true },
    });
    graph.edge({ kind: "deployment", id: deployment }, node, "alarmed");
  }),
  on(IncidentClosed, async (tx, event) => {
    const { incident, outcome } = event.payload;
    recorder(tx, event).node("incident", incident, { facts: { open: false, outcome } });
  }),
];
