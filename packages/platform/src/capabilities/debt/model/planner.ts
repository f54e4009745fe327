/** One item a plan may pay. */
export interface Candidate {
  readonly id: string;
  /** Median minutes of the repair by itself, setup included. */
  readonly minutes: number;
  /** Minutes of it that prepare the ground for every repair of the same group; paid once. */
  readonly setup?: { readonly group: string; readonly minutes: number } | undefined;
  /** Expected hours lost per minute planned: expectation over median. */
  readonly lossPerMinute: number;
  /** Where its gain lies, and how much alone, in hours over the horizon. */
  readonly asset: string;
  readonly gain: number;
  readonly mustPay: boolean;
  /** Must-pay items are taken in this order when they do not all fit: lower first. */
  readonly urgency: number;
  readonly team?: string | undefined;
  /** Items that have to be paid before it. */
  readonly requires: readonly string[];
}

export interface Problem {
  readonly candidates: readonly Candidate[];
  /** Most hours over the horizon that all repairs on an asset together can gain: joint savings are capped. */
  readonly ceilings: ReadonlyMap<string, number>;
  readonly budget: number;
  /** Most minutes by team. */
  readonly teamCaps?: ReadonlyMap<string, number> | undefined;
}

export interface Solution {
  /** Chosen items in the order to pay them: prerequisites first, then must-pay, then gain per minute. */
  readonly chosen: readonly string[];
  readonly minutes: number;
  /** Net hours over the horizon. */
  readonly value: number;
  /** Proved distance to the best set there is, relative to the bound. */
  readonly gap: number;
  readonly solver: "exact" | "greedy-swap";
  /** Must-pay items that do not fit. */
  readonly unaffordable: readonly string[];
  /** Minutes by which must-pay items exceed the budget. */
  readonly short: number;
}

const exactLimit = 200;
const nodeLimit = 40_000;
const swapLimit = 60_000;

/**
 * Chooses what to pay: as much net value as possible within the budget and the caps; must-pay items first, never an item
 * without its prerequisites. Branch and bound up to 200 items, beyond that density greedy with pairwise swaps; the gap to
 * a fractional bound is part of the answer.
 */
export function solve(problem: Problem): Solution {
  const state = createState(problem);
  const { unaffordable, short } = takeMustPay(state);
  const forced = state.snapshot();
  const open = state.members.filter((member) => !forced.has(member.index) && state.isWorthTrying(member));
  const rootBound = state.value() + fractionalBound(state, open);

  takeGreedily(state, open);
  improveBySwaps(state, open, forced);
  let best = { value: state.value(), set: state.snapshot() };
  const small = open.length <= exactLimit;
  let proved = false;
  if (small) {
    state.reset(forced);
    const searched = branchAndBound(state, open, best);
    best = searched.best;
    proved = searched.complete;
  }
  state.reset(best.set);
  const bound = Math.max(rootBound, best.value);
  return {
    chosen: state.order(),
    minutes: state.minutes(),
    value: best.value,
    gap: proved || bound <= 0 ? 0 : (bound - best.value) / bound,
    solver: proved ? "exact" : "greedy-swap",
    unaffordable,
    short,
  };
}

interface Member {
  readonly index: number;
  readonly candidate: Candidate;
  readonly requires: readonly number[];
  readonly asset: number;
  readonly setup: number;
  readonly own: number;
  readonly team: number;
  /** Its part of the setup when every member of the group shares it: a relaxation that never overstates cost. */
  readonly sharedSetup: number;
}

type State = ReturnType<typeof createState>;

/** The set under construction: adding and removing cost a few operations, whatever its size. */
function createState(problem: Problem) {
  const { candidates } = problem;
  const indexOf = new Map(candidates.map((candidate, index) => [candidate.id, index]));
  const number = (names: Map<string, number>, name: string) => {
    const known = names.get(name);
    if (known !== undefined) return known;
    names.set(name, names.size);
    return names.size - 1;
  };
  const assets = new Map<string, number>();
  const setups = new Map<string, number>();
  const teams = new Map<string, number>();
  const sizes = new Map<string, number>();
  const setupOf = new Map<string, { minutes: number; loss: number }>();
  for (const { setup, lossPerMinute } of candidates) {
    if (setup === undefined) continue;
    sizes.set(setup.group, (sizes.get(setup.group) ?? 0) + 1);
    const known = setupOf.get(setup.group);
    // One setup serves all: the largest that any member asks for.
    setupOf.set(setup.group, {
      minutes: Math.max(known?.minutes ?? 0, setup.minutes),
      loss: Math.max(known?.loss ?? 0, setup.minutes * lossPerMinute),
    });
  }
  const members: Member[] = candidates.map((candidate, index) => ({
    index,
    candidate,
    requires: candidate.requires.flatMap((id) => indexOf.get(id) ?? []),
    asset: number(assets, candidate.asset),
    setup: candidate.setup === undefined ? -1 : number(setups, candidate.setup.group),
    own: candidate.minutes - (candidate.setup?.minutes ?? 0),
    team: candidate.team === undefined ? -1 : number(teams, candidate.team),
    sharedSetup:
      candidate.setup === undefined
        ? 0
        : (setupOf.get(candidate.setup.group)?.minutes ?? 0) / (sizes.get(candidate.setup.group) ?? 1),
  }));
  const dependents: number[][] = members.map(() => []);
  for (const member of members) for (const before of member.requires) dependents[before]?.push(member.index);
  const ceilings = [...assets.keys()].map((asset) => problem.ceilings.get(asset) ?? Number.POSITIVE_INFINITY);
  const setupList = [...setups.keys()].map((group) => setupOf.get(group) as { minutes: number; loss: number });
  const caps = [...teams.keys()].map((team) => problem.teamCaps?.get(team) ?? Number.POSITIVE_INFINITY);

  const inside = new Uint8Array(members.length);
  const gained = new Float64Array(assets.size);
  const setupUsers = new Int32Array(setups.size);
  const spent = new Float64Array(teams.size);
  let minutes = 0;
  let loss = 0;
  let gain = 0;

  const state = {
    problem,
    members,
    dependents,
    has: (index: number) => inside[index] === 1,
    minutes: () => minutes,
    value: () => gain - loss,
    /** Minutes the member would add now. */
    costOf(member: Member): number {
      return (
        member.own + (member.setup >= 0 && setupUsers[member.setup] === 0 ? (setupList[member.setup]?.minutes ?? 0) : 0)
      );
    },
    /** Net hours the member would add now. */
    netOf(member: Member): number {
      const had = gained[member.asset] as number;
      const ceiling = ceilings[member.asset] as number;
      const more = Math.min(ceiling, had + member.candidate.gain) - Math.min(ceiling, had);
      const setup = member.setup >= 0 && setupUsers[member.setup] === 0 ? (setupList[member.setup]?.loss ?? 0) : 0;
      return more - member.own * member.candidate.lossPerMinute - setup;
    },
    /** The most it could still add: its gain as things are, its setup shared by the whole group. */
    optimisticNet(member: Member): number {
      const had = gained[member.asset] as number;
      const ceiling = ceilings[member.asset] as number;
      const more = Math.min(ceiling, had + member.candidate.gain) - Math.min(ceiling, had);
      return more - (member.own + state.optimisticSetup(member)) * member.candidate.lossPerMinute;
    },
    optimisticSetup: (member: Member): number =>
      member.setup >= 0 && setupUsers[member.setup] === 0 ? member.sharedSetup : 0,
    add(member: Member): void {
      inside[member.index] = 1;
      minutes += state.costOf(member);
      loss += member.own * member.candidate.lossPerMinute;
      if (member.setup >= 0) {
        if (setupUsers[member.setup] === 0) loss += setupList[member.setup]?.loss ?? 0;
        setupUsers[member.setup] = (setupUsers[member.setup] as number) + 1;
      }
      addGain(member, member.candidate.gain);
      if (member.team >= 0) spent[member.team] = (spent[member.team] as number) + member.candidate.minutes;
    },
    remove(member: Member): void {
      inside[member.index] = 0;
      loss -= member.own * member.candidate.lossPerMinute;
      minutes -= member.own;
      if (member.setup >= 0) {
        setupUsers[member.setup] = (setupUsers[member.setup] as number) - 1;
        if (setupUsers[member.setup] === 0) {
          loss -= setupList[member.setup]?.loss ?? 0;
          minutes -= setupList[member.setup]?.minutes ?? 0;
        }
      }
      addGain(member, -member.candidate.gain);
      if (member.team >= 0) spent[member.team] = (spent[member.team] as number) - member.candidate.minutes;
    },
    /** The member with every prerequisite that is still missing, prerequisites first; undefined when one is excluded. */
    bundle(member: Member, excluded?: Uint8Array): Member[] | undefined {
      const list: Member[] = [];
      const seen = new Set<number>();
      const visit = (one: Member): boolean => {
        if (state.has(one.index) || seen.has(one.index)) return true;
        if (excluded !== undefined && excluded[one.index] === 1) return false;
        seen.add(one.index);
        for (const before of one.requires) if (!visit(members[before] as Member)) return false;
        list.push(one);
        return true;
      };
      return visit(member) ? list : undefined;
    },
    withinLimits(): boolean {
      return minutes <= problem.budget + 1e-6 && spent.every((one, team) => one <= (caps[team] as number) + 1e-6);
    },
    isWorthTrying(member: Member): boolean {
      return state.optimisticNet(member) > 0 || dependents[member.index]?.length !== 0;
    },
    snapshot: (): ReadonlySet<number> =>
      new Set(members.flatMap((member) => (state.has(member.index) ? [member.index] : []))),
    reset(to: ReadonlySet<number>): void {
      for (const member of members) {
        if (state.has(member.index) && !to.has(member.index)) state.remove(member);
        else if (!state.has(member.index) && to.has(member.index)) state.add(member);
      }
    },
    order(): string[] {
      const ranked = members
        .filter((member) => state.has(member.index))
        .sort(
          (a, b) =>
            Number(b.candidate.mustPay) - Number(a.candidate.mustPay) ||
            (a.candidate.mustPay && b.candidate.mustPay ? a.candidate.urgency - b.candidate.urgency : 0) ||
            b.candidate.gain / b.candidate.minutes - a.candidate.gain / a.candidate.minutes ||
            (a.candidate.id < b.candidate.id ? -1 : 1),
        );
      const placed = new Set<number>();
      const ids: string[] = [];
      const place = (member: Member): void => {
        if (placed.has(member.index)) return;
        placed.add(member.index);
        for (const before of member.requires) if (state.has(before)) place(members[before] as Member);
        ids.push(member.candidate.id);
      };
      for (const member of ranked) place(member);
      return ids;
    },
  };

  function addGain(member: Member, by: number): void {
    const ceiling = ceilings[member.asset] as number;
    const had = gained[member.asset] as number;
    gained[member.asset] = had + by;
    gain += Math.min(ceiling, had + by) - Math.min(ceiling, had);
  }

  return state;
}

/** Adds the whole bundle if it stays within the limits; otherwise leaves the set as it was. */
function tryAdd(state: State, member: Member): boolean {
  const bundle = state.bundle(member);
  if (bundle === undefined) return false;
  for (const one of bundle) state.add(one);
  if (state.withinLimits()) return true;
  for (const one of bundle.reverse()) state.remove(one);
  return false;
}

function takeMustPay(state: State): { unaffordable: string[]; short: number } {
  const must = state.members
    .filter((member) => member.candidate.mustPay)
    .sort(
      (a, b) =>
        a.candidate.urgency - b.candidate.urgency ||
        b.candidate.gain / b.candidate.minutes - a.candidate.gain / a.candidate.minutes,
    );
  // First how much all of them would take, then as many as fit.
  for (const member of must) for (const one of state.bundle(member) ?? []) state.add(one);
  const short = Math.max(0, state.minutes() - state.problem.budget);
  if (state.withinLimits()) return { unaffordable: [], short: 0 };
  state.reset(new Set());
  const unaffordable = must.filter((member) => !state.has(member.index) && !tryAdd(state, member));
  return { unaffordable: unaffordable.map((member) => member.candidate.id), short };
}

/** Adds by net value per minute, best first, looked at again whenever the set has changed under an entry. */
function takeGreedily(state: State, open: readonly Member[]): void {
  const density = (member: Member): number => {
    const bundle = state.bundle(member) ?? [];
    let net = 0;
    let cost = 0;
    for (const one of bundle) {
      net += state.netOf(one);
      cost += state.costOf(one);
    }
    return net <= 0 ? 0 : net / Math.max(1e-9, cost);
  };
  const left = new Set(open);
  for (let progress = true; progress; ) {
    progress = false;
    const ranked = [...left]
      .map((member) => ({ member, density: density(member) }))
      .sort((a, b) => b.density - a.density);
    for (const { member, density: before } of ranked) {
      if (state.has(member.index)) {
        left.delete(member);
        continue;
      }
      if (before <= 0) break;
      const now = density(member);
      if (now <= 0) continue;
      // It lost value to an earlier choice: the next round ranks it anew.
      if (now < before * 0.999) {
        progress = true;
        continue;
      }
      left.delete(member);
      if (tryAdd(state, member)) progress = true;
    }
  }
}

/** Replaces one chosen item by one or more left out while that raises the value. */
function improveBySwaps(state: State, open: readonly Member[], forced: ReadonlySet<number>): void {
  let tries = 0;
  for (let improved = true; improved && tries < swapLimit; ) {
    improved = false;
    const out = open
      .filter((member) => !state.has(member.index))
      .sort((a, b) => state.optimisticNet(b) - state.optimisticNet(a))
      .slice(0, 200);
    const inside = open.filter((member) => state.has(member.index) && !forced.has(member.index));
    for (const leaving of inside) {
      if (state.dependents[leaving.index]?.some((one) => state.has(one))) continue;
      if (!state.has(leaving.index)) continue;
      const before = state.value();
      for (const entering of out) {
        if (tries++ >= swapLimit) break;
        if (state.has(entering.index) || entering === leaving) continue;
        state.remove(leaving);
        const bundle = state.bundle(entering) ?? [];
        if (!bundle.includes(leaving) && tryAdd(state, entering)) {
          // The room that is left may take the old one back or others in.
          if (state.value() > before + 1e-9) {
            improved = true;
            break;
          }
          for (const one of bundle.reverse()) state.remove(one);
        }
        state.add(leaving);
      }
    }
    if (improved)
      takeGreedily(
        state,
        open.filter((member) => !state.has(member.index)),
      );
  }
}

/**
 * What the open members can add at most: fractional knapsack over gains as they are now (they only diminish), setups
 * shared by whole groups, without caps and prerequisites.
 */
function fractionalBound(state: State, open: readonly Member[], undecided?: (index: number) => boolean): number {
  const offers: { net: number; cost: number }[] = [];
  for (const member of open) {
    if (state.has(member.index) || undecided?.(member.index) === false) continue;
    const net = state.optimisticNet(member);
    if (net > 0) offers.push({ net, cost: member.own + state.optimisticSetup(member) });
  }
  offers.sort((a, b) => b.net * a.cost - a.net * b.cost);
  let room = state.problem.budget - state.minutes();
  let bound = 0;
  for (const { net, cost } of offers) {
    if (cost > room) return bound + (cost > 0 ? (net * Math.max(0, room)) / cost : 0);
    bound += net;
    room -= cost;
  }
  return bound;
}

interface Best {
  value: number;
  set: ReadonlySet<number>;
}

/** Depth first, best density first, with the fractional bound; stops at a limit of nodes and says so. */
function branchAndBound(state: State, open: readonly Member[], start: Best): { best: Best; complete: boolean } {
  let best = start;
  let nodes = 0;
  const excluded = new Uint8Array(state.members.length);
  const ranked = [...open].sort(
    (a, b) =>
      state.optimisticNet(b) / (b.own + b.sharedSetup + 1e-9) - state.optimisticNet(a) / (a.own + a.sharedSetup + 1e-9),
  );
  const undecided = (index: number) => excluded[index] === 0;

  function visit(at: number): void {
    if (nodes++ > nodeLimit) return;
    if (state.withinLimits() && state.value() > best.value + 1e-9)
      best = { value: state.value(), set: state.snapshot() };
    if (state.value() + fractionalBound(state, ranked, undecided) <= best.value + 1e-9) return;
    let i = at;
    while (i < ranked.length && (state.has((ranked[i] as Member).index) || excluded[(ranked[i] as Member).index] === 1))
      i++;
    const member = ranked[i];
    if (member === undefined) return;
    const bundle = state.bundle(member, excluded);
    if (bundle !== undefined) {
      for (const one of bundle) state.add(one);
      if (state.withinLimits()) visit(i + 1);
      for (const one of [...bundle].reverse()) state.remove(one);
    }
    // Without it, everything that needs it is out as well; `bundle` refuses those.
    excluded[member.index] = 1;
    visit(i + 1);
    excluded[member.index] = 0;
  }

  visit(0);
  return { best, complete: nodes <= nodeLimit };
}

/** Ids by falling gain per minute with prerequisites first and no budget: the order a growing budget pays in. */
export function paymentOrder(
  problem: Problem,
): { readonly id: string; readonly minutes: number; readonly net: number; readonly gain: number }[] {
  const state = createState({ ...problem, budget: Number.POSITIVE_INFINITY, teamCaps: undefined });
  const order: { id: string; minutes: number; net: number; gain: number }[] = [];
  const take = (member: Member): void => {
    for (const one of state.bundle(member) ?? []) {
      const net = state.netOf(one);
      const minutes = state.costOf(one);
      const cost = one.own * one.candidate.lossPerMinute;
      state.add(one);
      order.push({ id: one.candidate.id, minutes, net, gain: net + cost });
    }
  };
  const must = state.members
    .filter((member) => member.candidate.mustPay)
    .sort((a, b) => a.candidate.urgency - b.candidate.urgency);
  for (const member of must) take(member);
  const rest = state.members.filter((member) => !member.candidate.mustPay);
  const density = (member: Member) =>
    state.optimisticNet(member) / Math.max(1e-9, member.own + state.optimisticSetup(member));
  for (const { member } of rest
    .map((member) => ({ member, density: density(member) }))
    .sort((a, b) => b.density - a.density))
    take(member);
  return order;
}

/** Whether a set keeps every law of the problem; used by tests and before a plan is adopted. */
export function violations(problem: Problem, solution: Solution): string[] {
  const state = createState(problem);
  const chosen = new Set(solution.chosen);
  const problems: string[] = [];
  for (const member of state.members) if (chosen.has(member.candidate.id)) state.add(member);
  if (!state.withinLimits()) problems.push("budget or team cap exceeded");
  for (const member of state.members) {
    if (!chosen.has(member.candidate.id)) {
      if (member.candidate.mustPay && !solution.unaffordable.includes(member.candidate.id))
        problems.push(`must pay ${member.candidate.id}`);
      continue;
    }
    for (const before of member.requires)
      if (!state.has(before)) problems.push(`${member.candidate.id} without its prerequisite`);
  }
  return problems;
}
